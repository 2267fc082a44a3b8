import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { agentVersion } from '../../agent/version.ts'
import { canonicalJson } from '../../core/canonical.ts'
import { healthOf } from '../../core/host/health.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { blobKey, layoutKey } from '../../core/release/keys.ts'
import type { HostReport } from '../../core/release/report.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { runHere } from '../support/operator.ts'
import { refOf } from '../support/release.ts'

/** A host that serves a release of this format, and a clock that each cycle moves past every interval. */
async function servingHost(t: TestContext) {
  const clock = { offset: 0 }
  const host = await startAgentHost(t, { deps: { elapsed: () => performance.now() + clock.offset } })
  const first = await host.channel.publish(webRelease(host.port, 'one'))
  const cycle = (agent = host.agent) => {
    clock.offset += 3_000
    return agent.runCycle()
  }
  assert.equal((await cycle()).outcome, 'installed')
  /** Puts a pointer with members that this version's types don't have. */
  const put = (over: object) =>
    host.channel.putPointer({
      ...first.pointer,
      generation: first.pointer.generation + 1,
      ...over,
    } as Pointer)
  const health = async () => healthOf(await host.agent.view())
  return { ...host, first, cycle, put, health }
}

const reportOf = ({ s3 }: AgentHost): HostReport =>
  JSON.parse(String(s3.objects(s3.bucket).get('hosts/AROATEST:i-0001.json')))

test('a newer pointer is not followed: the host serves on and says what it needs, in its report, health and status', async (t) => {
  const host = await servingHost(t)
  await host.put({ schema: 2, layout: { tree: [] }, upstreams: null })
  const record = await host.cycle()
  const wanted = /^RELEASE_UNSUPPORTED: pointer\.schema is 2, .*install one that does$/
  assert.deepEqual([record.outcome, record.step], ['rejected', 'verify'])
  assert.match(record.reason, wanted)
  assert.equal(await host.get(), 'one')
  const reads = host.s3.requests.length
  await host.cycle()
  assert.equal(host.s3.requests.length, reads + 1, 'the same object is neither read nor judged again')
  assert.match(reportOf(host).reason, wanted)
  const { working, reason, refused } = await host.health()
  assert.equal(working, false)
  assert.match(reason, wanted)
  assert.equal(refused[0]?.what, 'pointer')
  const status = await runHere(host.s3, ['status', '--bucket', host.s3.bucket], Date.now)
  assert.match(
    status.err,
    /RELEASE_UNSUPPORTED: pointer\.schema is 2/,
    'a command of this version can’t either',
  )
  await host.channel.publish(webRelease(host.port, 'two'), { generation: host.first.pointer.generation + 2 })
  assert.equal((await host.cycle()).outcome, 'installed')
  assert.equal((await host.health()).working, true)
})

test('a pointer that only pretends to be newer is a forgery', async (t) => {
  const host = await servingHost(t)
  const { privateKey } = generateKeyPairSync('ed25519')
  await host.channel.putPointer({ ...host.first.pointer, schema: 2 } as unknown as Pointer, privateKey)
  assert.match((await host.cycle()).reason, /did not make|known are/)
})

test('members that a newer publisher adds to the same format are covered by the signature and otherwise ignored', async (t) => {
  const host = await servingHost(t)
  const layout = JSON.parse(stored(host, layoutKey(host.first.layout.sha256)))
  const endpoints = { schema: 1, sources: {}, zones: { a: 1 } }
  const refs = {
    layout: await putJson(host, { ...layout, hints: [1], renderer: 'newer/2' }, layoutKey),
    endpoints: await putJson(host, endpoints, blobKey, gzipSync),
  }
  await host.put({ ...refs, later: { deep: [true] } })
  const record = await host.cycle()
  assert.equal(record.outcome, 'installed', record.reason)
  assert.equal(await host.get(), 'one')
})

test('a newer layout is bad here, new addresses still reach the confirmed one, and a newer agent tries it at once', async (t) => {
  const host = await servingHost(t)
  const layout = JSON.parse(stored(host, layoutKey(host.first.layout.sha256)))
  const newer = await putJson(host, { ...layout, schema: 2 }, layoutKey)
  await host.put({ layout: newer })
  const record = await host.cycle()
  assert.equal(record.outcome, 'rejected')
  assert.match(record.reason, /RELEASE_UNSUPPORTED: layout\.schema is 2/)
  const moved = { 'web@dc1': [{ address: '127.0.0.1', port: 9, weight: 1 }] }
  const endpoints = await putJson(host, { schema: 1, sources: moved }, blobKey, gzipSync)
  await host.put({ layout: newer, endpoints, generation: host.first.pointer.generation + 2 })
  assert.equal((await host.cycle()).outcome, 'endpoints')
  const state = host.agent.status().state ?? assert.fail('no state')
  assert.equal(state.confirmed?.endpoints.sha256, endpoints.sha256)
  assert.match((await host.health()).refused[0]?.reason ?? '', /layout\.schema is 2/)
  const status = await runHere(host.s3, ['status', '--bucket', host.s3.bucket], Date.now)
  assert.match(status.out, /AROATEST:i-0001 +refusing .* RELEASE_UNSUPPORTED: layout\.schema is 2/)
  const [mark] = state.bad
  assert.ok(mark?.host.includes(` ${agentVersion} `), 'the mark holds for this version of the agent only')
  assert.equal(await host.get(), 'one')
})

test('newer endpoints leave layout and addresses as they are, and say so', async (t) => {
  const host = await servingHost(t)
  const endpoints = await putJson(host, { schema: 2, sources: [] }, blobKey, gzipSync)
  await host.put({ endpoints })
  assert.match((await host.cycle()).reason, /RELEASE_UNSUPPORTED: endpoints\.schema is 2/)
  assert.equal((await host.cycle()).outcome, 'rejected')
  assert.equal(await host.get(), 'one')
})

test('an older pointer, without what was added since, is followed', async (t) => {
  const host = await servingHost(t)
  const { deployment, channel, layout, endpoints, upstreams, state, created, expires } = host.first.pointer
  const older = { schema: 1, deployment, channel, layout, endpoints, upstreams, state, created, expires }
  const bare = { ...older, generation: host.first.pointer.generation + 1, volatile: [] }
  await host.channel.putPointer(bare as unknown as Pointer)
  assert.equal((await host.cycle()).outcome, 'unchanged')
  assert.equal(host.agent.status().state?.generation, bare.generation)
})

test('an agent that finds the state of a newer one serves on, and knows the generations by what is staged', async (t) => {
  const host = await servingHost(t)
  const file = join(host.settings.stateDir, 'state.json')
  const newer = { ...JSON.parse(await readFile(file, 'utf8')), schema: 2, planes: [] }
  await writeFile(file, JSON.stringify(newer))
  const later = host.restartAgent()
  assert.equal((await host.cycle(later)).outcome, 'installed')
  assert.equal(await host.get(), 'one')
  await host.channel.putPointer({ ...host.first.pointer, generation: 1 })
  assert.match((await host.cycle(later)).reason, /is lower than/)
})

test('a state with members of a newer agent of the same format is read', async (t) => {
  const host = await servingHost(t)
  const file = join(host.settings.stateDir, 'state.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), later: 1 }))
  assert.equal((await host.cycle(host.restartAgent())).outcome, 'unchanged')
  assert.deepEqual(
    host.events.filter(({ event }) => event === 'host-state-lost'),
    [],
  )
})

function stored({ s3 }: AgentHost, key: string): string {
  return String(s3.objects(s3.bucket).get(key))
}

async function putJson(
  { channel }: AgentHost,
  value: object,
  keyOf: (sha256: string) => string,
  pack: (text: string) => string | Uint8Array = (text) => text,
) {
  const text = canonicalJson(value)
  const ref = refOf(text)
  await channel.put(keyOf(ref.sha256), pack(text))
  return ref
}
