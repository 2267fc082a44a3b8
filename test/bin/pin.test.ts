import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import { readPublicKeys, verifyPointer } from '../../core/release/verify-pointer.ts'
import { isConflict, openChannel, resign, viewChannel } from '../../functions/publish/channel.ts'
import { listenHttp, readBody } from '../../local/aws/http-server.ts'
import { openTestBucket, type TestBucket } from '../support/operator.ts'
import { routedService } from '../support/routes.ts'

const web = (path: string) => [routedService('web', { 'nginx-host': 'a.test', 'nginx-path': path })]

/** What hosts would get: verified, with its addresses. */
async function inForce({ releases, signer }: TestBucket) {
  const read = parsePointer((await releases.readPointer('current'))!.content)
  const expected = { deployment: 'test', channel: 'current' }
  const pointer = verifyPointer(read, readPublicKeys([signer.publicKey]), expected)
  const { sources } = parseEndpoints(await releases.readBlob(pointer.endpoints.sha256))
  const places = Object.values(sources)
    .flat()
    .map(({ address, port }) => `${address}:${port}`)
  return { pointer, places, http: await releases.readBlob(pointer.upstreams.http.sha256) }
}

async function twoLayouts(t: Parameters<typeof openTestBucket>[0]) {
  const bucket = await openTestBucket(t)
  const one = await bucket.publish(web('/one'), { web: ['10.0.0.1:80'] })
  const two = await bucket.publish(web('/two'), { web: ['10.0.0.2:80'] })
  return { bucket, one: one.pointer, two: two.pointer }
}

test('rollback goes back to the layout before, with the addresses of now, and pins it', async (t) => {
  const { bucket, one, two } = await twoLayouts(t)
  const { code, out, err } = await bucket.quayside(['rollback', ...bucket.at, ...bucket.signing])
  assert.deepEqual([code, err], [0, ''])
  assert.match(
    out,
    /^channel current is on layout [0-9a-f]{12} with the addresses of now: 1 services, 1 servers\n/,
  )
  const { pointer, places, http } = await inForce(bucket)
  assert.equal(pointer.layout.sha256, one.layout.sha256)
  assert.equal(pointer.previousLayout?.sha256, two.layout.sha256)
  assert.deepEqual(places, ['10.0.0.2:80'])
  assert.match(http, /server 10\.0\.0\.2:80 /)
  assert.equal(pointer.pin?.layout, one.layout.sha256)
  assert.match(pointer.pin?.at ?? '', /^\d{4}-/)
  assert.ok(pointer.generation > two.generation)
})

test('a second rollback without a target is refused rather than going back and forth', async (t) => {
  const { bucket } = await twoLayouts(t)
  const words = ['rollback', ...bucket.at, ...bucket.signing]
  await bucket.quayside(words)
  const again = await bucket.quayside(words)
  assert.equal(again.code, 1)
  assert.match(again.err, /^RELEASE_INVALID: .*pinned to .*--to/)
})

test('a release is named by generation, by a later one signed again, or by the beginning of its layout', async (t) => {
  const { bucket, one, two } = await twoLayouts(t)
  for (const name of [String(one.generation), one.layout.sha256.slice(0, 8), one.layout.sha256]) {
    const { code, err } = await bucket.quayside(['rollback', '--to', name, ...bucket.at, ...bucket.signing])
    assert.deepEqual([code, err], [0, ''], name)
    assert.equal((await inForce(bucket)).pointer.layout.sha256, one.layout.sha256)
    await bucket.quayside(['pin', String(two.generation), ...bucket.at, ...bucket.signing])
    assert.equal((await inForce(bucket)).pointer.layout.sha256, two.layout.sha256)
  }
  const unknown = await bucket.quayside(['rollback', '--to', 'abcdef', ...bucket.at, ...bucket.signing])
  assert.match(unknown.err, /None of the newest 500 publications has a layout abcdef/)
  const early = await bucket.quayside(['pin', '12', ...bucket.at, ...bucket.signing])
  assert.match(early.err, /No publication of generation 12 or before it/)
  const wrong = await bucket.quayside(['pin', 'latest', ...bucket.at, ...bucket.signing])
  assert.deepEqual([wrong.code, /no generation and no layout id/.test(wrong.err)], [2, true])
})

test('pin keeps what is in force, unpin takes it away, and both say so once more without harm', async (t) => {
  const { bucket, two } = await twoLayouts(t)
  const run = (...words: readonly string[]) =>
    bucket.quayside([...words, ...bucket.at, ...bucket.signing, '--json'])
  const pinned = JSON.parse((await run('pin', '--reason', 'a fair')).out)
  assert.deepEqual([pinned.outcome, pinned.layout, pinned.pin.reason], ['stays', two.layout.sha256, 'a fair'])
  const { pointer } = await inForce(bucket)
  assert.deepEqual([pointer.layout, pointer.endpoints, pointer.state], [two.layout, two.endpoints, two.state])
  assert.equal(JSON.parse((await run('unpin')).out).outcome, 'unpinned')
  assert.equal((await inForce(bucket)).pointer.pin, null)
  assert.equal(JSON.parse((await run('unpin')).out).outcome, 'nothing')
})

test('what only the publisher knows is left to it, unless it is urgent', async (t) => {
  const clock = { now: Date.UTC(2026, 10, 20) }
  const bucket = await openTestBucket(t, { now: () => clock.now })
  const one = await bucket.publish([routedService('old', { 'nginx-host': 'a.test' })], {
    old: ['10.0.0.1:80'],
  })
  await bucket.publish(web('/'), { web: ['10.0.0.2:80'] })
  // A day later nothing remembers the old service any more, and two layouts later no endpoints cover it.
  clock.now += 25 * 3_600_000
  for (const path of ['/x', '/y']) await bucket.publish(web(path), { web: ['10.0.0.2:80'] })
  const to = ['--to', String(one.pointer.generation), ...bucket.at, ...bucket.signing, '--json']
  const before = (await inForce(bucket)).pointer
  const calm = await bucket.quayside(['rollback', ...to])
  const said = JSON.parse(calm.out)
  assert.equal(calm.code, 0, calm.err)
  assert.deepEqual([said.outcome, said.uncovered], ['waits', ['old@dc1']])
  const waiting = (await inForce(bucket)).pointer
  assert.deepEqual([waiting.layout, waiting.pin?.layout], [before.layout, one.pointer.layout.sha256])
  const urgent = JSON.parse((await bucket.quayside(['rollback', ...to, '--now'])).out)
  assert.deepEqual([urgent.outcome, urgent.dark.length], ['moved', 1])
  assert.equal((await inForce(bucket)).pointer.layout.sha256, one.pointer.layout.sha256)
})

test('freezing brings the addresses of then back only after a person or --yes agreed to each', async (t) => {
  const { bucket, one, two } = await twoLayouts(t)
  const freeze = ['pin', String(one.generation), '--frozen', ...bucket.at, ...bucket.signing]
  const alone = await bucket.quayside(freeze)
  assert.deepEqual([alone.code, /--yes/.test(alone.err)], [2, true])
  const declined = await bucket.quayside(freeze, 'no')
  assert.equal(declined.code, 1)
  assert.match(declined.out, /^1 addresses would get traffic .*:\n {2}10\.0\.0\.1:80 of web@dc1$/)
  assert.equal((await inForce(bucket)).pointer.generation, two.generation)
  const agreed = await bucket.quayside(freeze, 'yes')
  assert.equal(agreed.code, 0, agreed.err)
  const { pointer, places } = await inForce(bucket)
  assert.deepEqual([pointer.pin?.frozen, places], [true, ['10.0.0.1:80']])
  assert.equal(pointer.endpoints.sha256, one.endpoints.sha256)
  const forced = await bucket.quayside([
    'pin',
    '--frozen',
    '--yes',
    '--json',
    ...bucket.at,
    ...bucket.signing,
  ])
  assert.equal(JSON.parse(forced.out).outcome, 'stays')
})

test('a pin set while publishers write loses no write and is not lost', async (t) => {
  const { bucket, one } = await twoLayouts(t)
  let races = 3
  bucket.s3.setBeforeCommit(async ({ key }) => {
    if (!key.startsWith('channels/') || races === 0) return
    races -= 1
    // Another publisher comes between, each time the command is about to write.
    await resign(bucket.deps, (await viewChannel(bucket.deps)) as Parameters<typeof resign>[1])
  })
  const { code, err } = await bucket.quayside(['rollback', ...bucket.at, ...bucket.signing])
  assert.deepEqual([code, err, races], [0, '', 0])
  const opened = await openChannel(bucket.deps)
  assert.equal(opened.pinned?.ref.sha256, one.layout.sha256)
  assert.equal(opened.pointer?.pin?.layout, one.layout.sha256)
})

test('a publisher that read the channel before the pin can’t write over it', async (t) => {
  const { bucket } = await twoLayouts(t)
  const early = await openChannel(bucket.deps)
  await bucket.quayside(['rollback', ...bucket.at, ...bucket.signing])
  const stale = resign(bucket.deps, early as Parameters<typeof resign>[1])
  await assert.rejects(stale, (error) => isConflict(error))
})

test('a key that did not sign the channel signs nothing, and what is missing is named', async (t) => {
  const { bucket, one } = await twoLayouts(t)
  const other = await openTestBucket(t)
  const foreign = await bucket.quayside(['rollback', ...bucket.at, ...other.signing])
  assert.equal(foreign.code, 1)
  assert.match(foreign.err, /^RELEASE_INVALID: the channel pointer is signed by key/)
  const empty = await other.quayside(['rollback', ...other.at, ...other.signing])
  assert.match(empty.err, /Nothing was published on channel current yet/)
  bucket.s3.setFaults(({ key }) =>
    key === `layouts/${one.layout.sha256}.json` ? { status: 404, code: 'NoSuchKey' } : undefined,
  )
  const swept = await bucket.quayside(['pin', String(one.generation), ...bucket.at, ...bucket.signing])
  assert.match(swept.err, /^RELEASE_CORRUPT: .*is missing/)
  const both = await bucket.quayside(['pin', ...bucket.at, ...bucket.signing, '--signing-key', 'alias/x'])
  assert.match(both.err, /exclude one another/)
})

test('releases lists what was published, newest first, with the one in force and its pin', async (t) => {
  const { bucket, one, two } = await twoLayouts(t)
  // Signed again, as publishers do: no publication of its own.
  await openChannel(bucket.deps)
  const { code, out } = await bucket.quayside(['releases', ...bucket.at])
  assert.equal(code, 0)
  const [, , , first = '', second = ''] = out.split('\n')
  assert.match(
    first,
    new RegExp(`^> +${two.generation} .+${two.layout.sha256.slice(0, 12)}\\* +1 +1 +1 +1 +0$`),
  )
  assert.match(second, new RegExp(`^ +${one.generation} .+${one.layout.sha256.slice(0, 12)}\\* `))
  await bucket.quayside(['rollback', ...bucket.at, ...bucket.signing, '--reason', 'it was better'])
  const after = await bucket.quayside(['releases', ...bucket.at, '--limit', '1'])
  assert.match(after.out, /^channel current: .*pinned to [0-9a-f]{12}: it was better\n/)
  assert.match(after.out, /^> .* yes$/m)
  const json = JSON.parse((await bucket.quayside(['releases', ...bucket.at, '--json'])).out)
  assert.equal(json.releases.length, 3)
  assert.equal(json.current, json.inForce.generation)
  const wrong = await bucket.quayside(['releases', ...bucket.at, '--limit', '0'])
  assert.deepEqual([wrong.code, /1 to 1000/.test(wrong.err)], [2, true])
})

test('without a key file the deployment’s own KMS key signs, and a refusal names the call', async (t) => {
  const { bucket, one } = await twoLayouts(t)
  const calls: string[] = []
  const kms = await listenHttp(async (request, response) => {
    const asked = JSON.parse((await readBody(request, 10_000))?.toString() ?? '')
    const call = String(request.headers['x-amz-target']).replace('TrentService.', '')
    calls.push(`${call} ${asked.KeyId}`)
    const denied = asked.KeyId !== 'alias/quayside-test-signing'
    response.writeHead(denied ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    const message = () => Buffer.from(asked.Message, 'base64').toString()
    const key = createPublicKey(bucket.signer.publicKey).export({ type: 'spki', format: 'der' })
    const answer =
      call === 'Sign'
        ? { Signature: await bucket.signer.sign(message()) }
        : { KeySpec: 'ECC_NIST_EDWARDS25519', PublicKey: key.toString('base64') }
    response.end(JSON.stringify(denied ? { __type: 'AccessDeniedException', message: 'no' } : answer))
  })
  t.after(() => kms.close())
  process.env.AWS_ENDPOINT_URL_KMS = kms.url
  const { code, err } = await bucket.quayside(['rollback', ...bucket.at])
  assert.deepEqual([code, err], [0, ''])
  assert.equal((await inForce(bucket)).pointer.layout.sha256, one.layout.sha256)
  const alias = 'alias/quayside-test-signing'
  assert.deepEqual(calls, [`GetPublicKey ${alias}`, `Sign ${alias}`])
  const other = await bucket.quayside(['unpin', ...bucket.at, '--signing-key', 'alias/other'])
  assert.equal(other.code, 1)
  assert.match(other.err, /^AWS_DENIED: kms:GetPublicKey of alias\/other failed/)
})
