import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../core/canonical.ts'
import { acceptPointer, isExpired } from '../../../core/host/accept-pointer.ts'
import { configId, loadedId } from '../../../core/host/config-id.ts'
import { configIdOf, emptyState, parseState } from '../../../core/host/host-state.ts'
import { capabilityOf, parseNginxVersion } from '../../../core/host/nginx-version.ts'
import { pollDelayMs } from '../../../core/host/poll-delay.ts'
import { prunePlan } from '../../../core/host/prune-plan.ts'
import type { Pointer } from '../../../core/release/channel.ts'

const ref = (name: string) => ({ sha256: sha256(name), size: 1 })
const pointer: Pointer = {
  ...{ schema: 1, deployment: 'd', channel: 'c', generation: 7, pin: null, volatile: [] },
  ...{ layout: ref('l'), previousLayout: null, endpoints: ref('e'), state: ref('s') },
  ...{ upstreams: { http: ref('h'), stream: ref('t') }, created: '', expires: '2026-01-01T00:00:00Z' },
}

test('a generation may repeat itself and grow, never shrink or say something else', () => {
  const state = acceptPointer(emptyState('d', 'c'), pointer, 'text')
  assert.equal(state.generation, 7)
  assert.deepEqual(acceptPointer(state, pointer, 'text'), state)
  assert.equal(acceptPointer(state, { ...pointer, generation: 8 }, 'next').generation, 8)
  assert.throws(() => acceptPointer(state, { ...pointer, generation: 6 }, 'text'), /6 is lower than 7/)
  assert.throws(() => acceptPointer(state, pointer, 'other'), /7 came before with other content/)
})

test('a host that is moved to another channel starts with that channel’s generation', () => {
  const state = acceptPointer(emptyState('d', 'old'), { ...pointer, channel: 'old', generation: 99 }, 'text')
  assert.equal(acceptPointer(state, pointer, 'text').generation, 7)
})

test('an expiry is believed five minutes later, since clocks differ', () => {
  const expiry = Date.parse(pointer.expires)
  assert.equal(isExpired(pointer, expiry + 299_000), false)
  assert.equal(isExpired(pointer, expiry + 301_000), true)
})

test('a state that was written is read back as it was', () => {
  const installed = {
    configId: sha256('i'),
    releaseId: sha256('r'),
    generation: 3,
    layout: ref('l'),
    endpoints: ref('e'),
  }
  const volatile = [{ path: 'a.conf', context: 'http', ...ref('v') } as const]
  const bad = [
    { id: sha256('b'), failures: 2, retryAt: 5, host: '1.22.1 x', step: 'test', reason: 'a\nb' } as const,
  ]
  const state = { ...emptyState('d', 'c'), confirmed: { ...installed, volatile }, bad }
  assert.deepEqual(parseState(JSON.stringify(state)), state)
  assert.throws(() => parseState('{"schema":1}'), /state\.deployment/)
  const resolved = { configId: sha256('c'), seeds: ref('s'), zones: { quayside_web: 256 } }
  const following = { ...installed, volatile, resolved }
  assert.deepEqual(parseState(JSON.stringify({ ...state, following })), { ...state, following })
  assert.equal(configIdOf(following), sha256('c'))
})

test('the config id changes with every part of it, and not with the order of anything else', () => {
  const parts = { layout: sha256('l'), upstreams: { http: 'h', stream: '' }, volatile: [], local: '' }
  const ids = [
    parts,
    { ...parts, layout: sha256('m') },
    { ...parts, upstreams: { http: 'i', stream: '' } },
    { ...parts, upstreams: { http: '', stream: 'h' } },
    { ...parts, volatile: [{ path: 'a.conf', context: 'http', ...ref('v') } as const] },
    { ...parts, local: 'x' },
  ].map(configId)
  assert.equal(new Set(ids).size, ids.length)
})

test('what entry files answer begins like the config id and changes with the seeds', () => {
  const [one, two] = [loadedId(sha256('c'), sha256('s')), loadedId(sha256('c'), sha256('t'))]
  assert.match(one, /^[0-9a-f]{64}$/)
  assert.equal(one.slice(0, 48), sha256('c').slice(0, 48))
  assert.notEqual(one, two)
})

test('all but what is kept, with its blobs and what is wanted, is pruned', () => {
  const releases = [
    { id: 'old', blobs: ['1', '2'] },
    { id: 'live', blobs: ['2', '3'] },
  ]
  const plan = prunePlan(
    { releases, blobs: ['1', '2', '3', '4', '5'], temporary: ['t'] },
    new Set(['live']),
    new Set(['4']),
  )
  assert.deepEqual(plan, { releases: ['old'], blobs: ['1', '5'], temporary: ['t'] })
})

test('versions decide what nginx can do', () => {
  const can = (text: string) => {
    const version = parseNginxVersion(text)
    const { keepaliveMinTimeout, resolve, sticky } = capabilityOf(version ?? assert.fail(text))
    return [keepaliveMinTimeout, resolve, sticky]
  }
  assert.deepEqual(can('nginx version: nginx/1.22.1'), [false, false, false])
  assert.deepEqual(can('nginx version: nginx/1.27.3'), [false, true, false])
  assert.deepEqual(can('nginx version: nginx/1.27.4 (Ubuntu)'), [true, true, false])
  assert.deepEqual(can('nginx version: nginx/1.29.6'), [true, true, true])
  assert.deepEqual(can('nginx version: nginx/2.0.0'), [true, true, true])
  assert.equal(parseNginxVersion('apache'), null)
})

test('polls vary by 20 % and slow down after failures, up to half a minute', () => {
  assert.equal(pollDelayMs(1_000, 0, 0), 800)
  assert.equal(pollDelayMs(1_000, 0, 0.5), 1_000)
  assert.equal(pollDelayMs(1_000, 3, 0.5), 8_000)
  assert.equal(pollDelayMs(1_000, 99, 0.5), 30_000)
  assert.equal(pollDelayMs(60_000, 1, 0.5), 60_000)
})
