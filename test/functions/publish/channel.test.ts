import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { openReleases } from '../../../adapters/releases.ts'
import { createLocalSigner } from '../../../adapters/signer.ts'
import { compose, storedLayout } from '../../../core/publish/compose.ts'
import { emptyState } from '../../../core/publish/state.ts'
import { signedText } from '../../../core/release/channel.ts'
import type { Layout } from '../../../core/release/layout.ts'
import { parsePointer } from '../../../core/release/parse-pointer.ts'
import { readPublicKeys, verifyPointer } from '../../../core/release/verify-pointer.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { type ChannelDeps, openChannel, publish, readChannel } from '../../../functions/publish/channel.ts'
import { startTestS3 } from '../../support/s3.ts'

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const signer = createLocalSigner(pem)
const layout: Layout = {
  schema: 1,
  files: [],
  upstreams: [
    {
      name: 'quayside_web',
      context: 'http',
      method: 'least_conn',
      keepalive: 8,
      maxFails: 1,
      failTimeoutSeconds: 5,
      sources: [{ source: 'web@dc1', share: 1 }],
    },
  ],
  volatile: [],
  renderer: 'test/1',
}

/** A release of the one layout with servers at these ports. */
function release(...ports: readonly number[]) {
  const servers = ports.map((port) => ({ address: '10.0.0.1', port, weight: 1 }))
  return compose(storedLayout(layout), [], null, new Map([['web@dc1', servers]]), renderUpstreams)
}

async function openBucket(t: TestContext) {
  const s3 = await startTestS3(t)
  const deps: ChannelDeps = {
    releases: openReleases(s3.client, s3.bucket),
    signer,
    identity: { deployment: 'test', channel: 'current', lifeMs: 3_600_000 },
    now: Date.now,
  }
  return { s3, deps }
}

test('what is published can be read back, and hosts can verify it', async (t) => {
  const { deps } = await openBucket(t)
  const composed = release(8001)
  await publish(deps, await openChannel(deps), composed, emptyState)
  const opened = await openChannel(deps)
  assert.deepEqual(opened.endpoints, composed.endpoints)
  assert.deepEqual(opened.layout, composed.layout)
  const read = parsePointer((await deps.releases.readPointer('current'))?.content ?? '')
  const expected = { deployment: 'test', channel: 'current' }
  assert.equal(
    verifyPointer(read, readPublicKeys([signer.publicKey]), expected).generation,
    opened.pointer?.generation,
  )
})

test('a writer from before a fence can’t publish, even if the one that fenced publishes nothing', async (t) => {
  const { deps } = await openBucket(t)
  const first = await publish(deps, await openChannel(deps), release(8001), emptyState)
  await openChannel(deps)
  await assert.rejects(publish(deps, first, release(8002), emptyState), { code: 'RELEASE_CONFLICT' })
  const { pointer } = (await readChannel(deps))!
  assert.equal(pointer.endpoints.sha256, release(8001).content.endpoints.sha256)
})

test('of two first publishers one wins', async (t) => {
  const { deps } = await openBucket(t)
  const [one, two] = await Promise.all([openChannel(deps), openChannel(deps)])
  await publish(deps, one, release(8001), emptyState)
  await assert.rejects(publish(deps, two, release(8002), emptyState), { code: 'RELEASE_CONFLICT' })
})

test('every generation is above the one before, whatever the clock says', async (t) => {
  const { deps } = await openBucket(t)
  let channel = await publish(deps, await openChannel(deps), release(8001), emptyState)
  const late = { ...deps, now: () => 0 }
  const before = channel.pointer.generation
  channel = await publish(late, channel, release(8002), emptyState)
  assert.equal(channel.pointer.generation, before + 1)
})

test('the pointer is put last, after everything that it names', async (t) => {
  const { s3, deps } = await openBucket(t)
  await publish(deps, await openChannel(deps), release(8001), emptyState)
  const puts = s3.requests.filter(({ method }) => method === 'PUT').map(({ key }) => key)
  assert.equal(puts.at(-1), 'channels/current.json')
})

test('a pointer of another deployment is refused rather than replaced', async (t) => {
  const { deps } = await openBucket(t)
  await publish(deps, await openChannel(deps), release(8001), emptyState)
  const other = { ...deps, identity: { ...deps.identity, deployment: 'other' } }
  await assert.rejects(openChannel(other), { code: 'RELEASE_INVALID', message: /belongs to test\/current/ })
})

test('what somebody else put in place of the pointer is never signed', async (t) => {
  const { deps } = await openBucket(t)
  await publish(deps, await openChannel(deps), release(8001), emptyState)
  const { content, etag } = (await deps.releases.readPointer('current'))!
  const { pointer, signature } = parsePointer(content)
  const other = createLocalSigner(
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
  const evil = { ...pointer, layout: { sha256: 'e'.repeat(64), size: 4 } }
  const forged = [
    { pointer: evil, signature },
    { pointer: evil, signature: { key: other.keyId, value: await other.sign(signedText(evil)) } },
  ]
  let last = etag
  for (const one of forged) {
    last = await deps.releases.putPointer('current', JSON.stringify(one), last)
    await assert.rejects(openChannel(deps), { code: 'RELEASE_INVALID', message: /signature|signed by key/ })
    assert.equal((await deps.releases.readPointer('current'))?.etag, last)
  }
})

test('after the signing key was replaced, a pointer of a trusted earlier key is signed with the new one', async (t) => {
  const { deps } = await openBucket(t)
  await publish(deps, await openChannel(deps), release(8001), emptyState)
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const next = { ...deps, signer: createLocalSigner(pem) }
  await assert.rejects(openChannel(next), { code: 'RELEASE_INVALID', message: /publish\.trustedKeys/ })
  await openChannel({ ...next, trustedKeys: [signer.publicKey] })
  const { signature } = parsePointer((await deps.releases.readPointer('current'))!.content)
  assert.equal(signature.key, next.signer.keyId)
  await openChannel(next)
})
