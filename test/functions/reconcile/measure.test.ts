import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../../adapters/metrics.ts'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { callCounter, measurePass } from '../../../functions/reconcile/measure.ts'
import { clusterArn } from '../../support/event.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { fakeAws, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 20_000 }

test('a pass is measured for its cluster, zeros included', async () => {
  const aws = fakeAws()
  aws.tasks.set('a', {})
  const deps = registerDeps(createMemoryConsul(), aws)
  const handler = createHandler(deps)
  await handler({}, context)
  await handler({}, context)
  const [first, second] = deps.measured.filter(({ Cluster }) => Cluster === 'shop-ec2')
  assert.deepEqual([first?.PassesDone, first?.ReconcileTasks, first?.ReconcileWritten], [1, 1, 1])
  assert.deepEqual([second?.ReconcileWritten, second?.DriftRepaired, second?.DeletesHeld], [0, 0, 0])
  assert.equal(typeof second?.PassTime, 'number')
})

test('a function that fails has written what it measured', async () => {
  const deps = registerDeps(createMemoryConsul(), fakeAws())
  const ecs = { ...deps.ecs, listTasks: () => Promise.reject(new Error('ECS is away')) }
  await assert.rejects(createHandler({ ...deps, ecs })({}, context), /ECS is away/)
  assert.equal(deps.measured[0]?.PassesFailed, 1)
})

test('a pass that another one does already counts as none', () => {
  const lines: string[] = []
  const metrics = createMetrics('shop', (line) => lines.push(line))
  measurePass({ cluster: clusterArn, outcome: 'leased' }, metrics)
  metrics.flush()
  assert.deepEqual(lines, [])
})

test('calls of an SDK client are counted with their attempts, failed ones too', () => {
  const lines: string[] = []
  const metrics = createMetrics('shop', (line) => lines.push(line))
  const counter = callCounter(metrics)
  counter.info({ commandName: 'ListTasksCommand', metadata: { attempts: 1 } })
  counter.info({ commandName: 'DescribeTasksCommand', metadata: { attempts: 3 } })
  counter.error({ commandName: 'DescribeTasksCommand', error: new Error('throttled'), metadata: {} })
  counter.debug({})
  metrics.flush()
  assert.equal(JSON.parse(lines[0] ?? '{}').EcsCalls, 5)
})
