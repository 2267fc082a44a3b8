import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionBudget } from '../../../adapters/consul/watch-sources.ts'
import type { CatalogInstance } from '../../../core/catalog/snapshot.ts'
import { startTestConsul } from '../../support/consul.ts'
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
