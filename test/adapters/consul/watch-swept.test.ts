import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { connectionBudget } from '../../../adapters/consul/watch-sources.ts'
import { parseHealth } from '../../../core/catalog/parse-health.ts'
import type { CatalogInstance } from '../../../core/catalog/snapshot.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { runs } from '../../support/scale.ts'
import { catalogWriter, countingClient, followAll, node, seen, startWatch } from '../../support/watching.ts'

type Instances = readonly CatalogInstance[]
const first = (instances: Instances) => instances.find(({ id }) => id === 's7-0')
const status = (instances: Instances) => first(instances)?.checks[0]?.status
const services = runs(1_000) + 80

test('more services than connections: every kind of change is seen by 64 connections at most', async (t) => {
  const consul = await startTestConsul(t, { tls: false })
  const writer = catalogWriter(countingClient(t, consul).client)
  const { client, sockets } = countingClient(t, consul, { connections: connectionBudget })
  await writer.fill(services, 1)
  const { watch, failures } = startWatch(t, client)
  await followAll(watch, services)
  const took: [string, number][] = []
  const change = async (what: string, write: () => Promise<void>, is: (instances: Instances) => boolean) => {
    await write()
    took.push([what, Math.round(await seen(watch, 's7@dc1', is))])
  }
  // Then Consul no longer wakes queries about critical checks for other statuses.
  await writer.check('s8-0', 's8', 'critical')
  await change(
    'critical',
    () => writer.check('s7-0', 's7', 'critical'),
    (all) => status(all) === 'critical',
  )
  await change(
    'output of a critical check',
    () => writer.check('s7-0', 's7', 'critical', 'other'),
    (all) => first(all)?.checks[0]?.output === 'other',
  )
  await change(
    'passing',
    () => writer.check('s7-0', 's7', 'passing'),
    (all) => status(all) === 'passing',
  )
  await change(
    'warning',
    () => writer.check('s7-0', 's7', 'warning'),
    (all) => status(all) === 'warning',
  )
  await change(
    'passing again',
    () => writer.check('s7-0', 's7', 'passing'),
    (all) => status(all) === 'passing',
  )
  await change(
    'output of a passing check',
    () => writer.check('s7-0', 's7', 'passing', 'new'),
    (all) => first(all)?.checks[0]?.output === 'new',
  )
  await change(
    'passing, critical, passing with another output',
    async () => {
      await writer.check('s7-0', 's7', 'critical')
      await writer.check('s7-0', 's7', 'passing', 'back')
    },
    (all) => first(all)?.checks[0]?.output === 'back',
  )
  await change(
    'tags',
    () => writer.service('s7-0', 's7', { Tags: ['nginx', 'x'] }),
    (all) => first(all)?.tags.includes('x') === true,
  )
  await change(
    'meta',
    () => writer.service('s7-0', 's7', { Meta: { a: 'b' } }),
    (all) => first(all)?.meta.a === 'b',
  )
  await change(
    'weight',
    () => writer.service('s7-0', 's7', { Weights: { Passing: 7, Warning: 1 } }),
    (all) => first(all)?.weight === 7,
  )
  await change(
    'a new instance',
    () => writer.instance('s7-1', 's7'),
    (all) => all.length === 2,
  )
  const deregister = (body: object) => writer.put('/v1/catalog/deregister', { Node: node, ...body })
  await change(
    'an instance less',
    () => deregister({ ServiceID: 's7-1' }),
    (all) => all.length === 1,
  )
  const nodeCheck = (Status: string) =>
    writer.put('/v1/catalog/register', {
      Node: node,
      Address: '10.0.0.1',
      Check: { Node: node, CheckID: 'mem', Status },
    })
  const hasNodeCheck = (word: string) => (all: Instances) =>
    first(all)?.checks.some(({ id, status }) => id === 'mem' && status === word) === true
  await change('a check of the node', () => nodeCheck('passing'), hasNodeCheck('passing'))
  await change('it turning critical', () => nodeCheck('critical'), hasNodeCheck('critical'))
  await change(
    'the service going',
    () => deregister({ ServiceID: 's7-0' }),
    (all) => all.length === 0,
  )
  await change(
    'the service coming back',
    () => writer.instance('s7-0', 's7'),
    (all) => all.length === 1,
  )
  t.diagnostic(JSON.stringify(took))
  t.diagnostic(`connections: ${sockets.most}`)
  assert.ok(sockets.most <= 64, `${sockets.most} connections`)
  assert.deepEqual(failures, [])
})

/** A watch of so many services by doorbells, whose data can be compared with what Consul says. */
async function sweptWatch(t: TestContext, count: number) {
  const consul = await startTestConsul(t, { tls: false })
  const { client } = countingClient(t, consul)
  const writer = catalogWriter(client)
  await writer.fill(count, 2)
  const started = startWatch(t, countingClient(t, consul).client, { random: () => 0.02 })
  await followAll(started.watch, count)
  const truth = async (name: string) => {
    const path = `/v1/health/service/${name}`
    return parseHealth((await client.request({ method: 'GET', path, consistent: true })).body, name, 'dc1')
  }
  const agrees = async () => {
    for (const [source, held] of started.watch.services)
      if (!isDeepStrictEqual(held, await truth(source.replace('@dc1', '')))) return false
    return true
  }
  return { ...started, consul, writer, agrees }
}

test('whatever is written, in whatever order, the data soon is what Consul says', async (t) => {
  const { writer, watch, agrees, failures } = await sweptWatch(t, 80)
  const random = randomFrom(20261121)
  const pick = <T>(...values: readonly T[]) => values[Math.floor(random() * values.length)] as T
  const write = () => {
    const name = `s${Math.floor(random() * 12)}`
    const id = `${name}-${Math.floor(random() * 4)}`
    const status = pick('passing', 'warning', 'critical')
    return pick(
      () => writer.instance(id, name),
      // Consul refuses a check of an instance that was taken away.
      () => writer.check(id, name, status, pick('a', 'b')).catch(() => {}),
      () =>
        writer.service(id, name, {
          Meta: { k: pick('a', 'b') },
          Weights: { Passing: pick(1, 2), Warning: 1 },
        }),
      () => writer.service(id, name, { Tags: ['nginx', pick('x', 'y')] }),
      () => writer.put('/v1/catalog/deregister', { Node: node, ServiceID: id }),
      () =>
        writer.put('/v1/catalog/register', {
          Node: node,
          Address: pick('10.0.0.1', '10.0.0.2'),
          Check: { Node: node, CheckID: 'mem', Status: status },
        }),
    )()
  }
  for (let round = 0; round < runs(100) / 10; round += 1) {
    await Promise.all(Array.from({ length: 30 }, write))
    await eventually('agreement', agrees)
  }
  assert.equal(watch.services.size, 80)
  assert.deepEqual(failures, [])
})

test('a Consul that ends and comes back empty is counted meanwhile, and followed from then on', async (t) => {
  const { consul, writer, watch, agrees } = await sweptWatch(t, 70)
  await consul.kill()
  await eventually('the failure', () => watch.failing.has('health/state/any'))
  assert.ok([...watch.services.values()].every(({ instances }) => instances.length === 2))
  await consul.restart()
  await writer.fill(70, 1)
  await eventually('agreement', agrees)
  await writer.check('s5-0', 's5', 'critical')
  await seen(watch, 's5@dc1', (all) => all[0]?.checks[0]?.status === 'critical')
  await eventually('nothing to fail', () => watch.failing.size === 0)
})

test('services that become more or fewer than the connections are followed without a gap', async (t) => {
  const { writer, watch, agrees } = await sweptWatch(t, 70)
  // In the order of their numbers: those that the test looks at are among the first.
  const sources = [...watch.services.keys()].sort((a, b) => numberOf(a) - numberOf(b))
  const before = watch.services.get('s3@dc1')
  for (const count of [40, 70, 50, 30]) {
    watch.follow(new Set(sources.slice(0, count)))
    await eventually('all of them', () => watch.services.size === count)
    await writer.service('s2-0', 's2', { Meta: { count: String(count) } })
    await seen(watch, 's2@dc1', (all) => all.some(({ meta }) => meta.count === String(count)))
    assert.ok(await agrees())
  }
  assert.equal(watch.services.get('s3@dc1'), before)
})

/** The same numbers for the same seed: what failed once fails again. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function numberOf(source: string): number {
  return Number(/\d+/.exec(source)?.[0])
}
