import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNameList } from '../../../adapters/consul/name-list.ts'
import type { WatchContext } from '../../../adapters/consul/watch-context.ts'
import { followEach } from '../../../adapters/consul/watch-each.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { catalogWriter, countingClient, followAll, seen, startWatch } from '../../support/watching.ts'

test('a Consul that ends and comes back is followed on, and nothing is left failing', async (t) => {
  const consul = await startTestConsul(t, { dev: false })
  const { client, sockets } = countingClient(t, consul)
  const writer = catalogWriter(client)
  await writer.fill(40, 1)
  const { watch } = startWatch(t, client, { multiplexed: true })
  await followAll(watch, 40)
  assert.ok(sockets.most <= 2, `${sockets.most} connections`)
  await consul.kill()
  await eventually('all to fail', () => watch.failing.size === 41)
  await consul.restart()
  await writer.check('s5-0', 's5', 'critical')
  await seen(watch, 's5@dc1', (all) => all[0]?.checks[0]?.status === 'critical')
  await eventually('all to be back', () => watch.failing.size === 0)
  assert.ok([...watch.services.values()].every(({ instances }) => instances.length === 1))
})

/** A context whose watches do nothing; `running` names those that were begun and not ended. */
function idleContext(failing: readonly string[]) {
  const begun: string[] = []
  const running = new Set<AbortSignal>()
  const context: WatchContext = {
    listed: createNameList(),
    watch: (dependency, { signal }) => {
      begun.push(dependency)
      running.add(signal)
      signal.addEventListener('abort', () => running.delete(signal))
      return Promise.resolve()
    },
    read: async () => null,
    held: () => undefined,
    parse: (_body, name) => ({ name, datacenter: 'dc1', instances: [] }),
    keep: () => {},
    failed: () => {},
    recovered: () => {},
    isFailing: (dependency) => failing.includes(dependency),
    now: () => 0,
    random: () => 0,
  }
  return { context, begun, running }
}

test('each service has one query, which ends when it isn’t followed any more', async () => {
  const { context, begun, running } = idleContext([])
  const follower = followEach(context)
  follower.follow(new Set(['a', 'b c']))
  follower.follow(new Set(['b c', 'd']))
  assert.deepEqual(begun, ['health/service/a', 'health/service/b%20c', 'health/service/d'])
  assert.equal(running.size, 2)
  await follower.stop()
  assert.equal(running.size, 0)
})

test('when the list of names comes back, what failed meanwhile is asked at once', () => {
  const { context, begun, running } = idleContext(['health/service/a'])
  const follower = followEach(context)
  follower.follow(new Set(['a', 'b']))
  follower.onNames([], { anew: false, moved: true })
  assert.equal(begun.length, 2)
  follower.onNames([], { anew: true, moved: true })
  assert.deepEqual(begun.slice(2), ['health/service/a'])
  assert.equal(running.size, 2)
})
