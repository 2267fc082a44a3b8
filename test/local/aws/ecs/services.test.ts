import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskStateEvent } from '../../../../local/aws/ecs/event-shape.ts'
import { startTestEcs, type TestEcs, webDefinition } from '../../../support/ecs.ts'
import { eventually } from '../../../support/eventually.ts'

const settled = (ecs: TestEcs) => eventually('a settled control plane', () => ecs.isSettled())

const numbers = (ecs: TestEcs) =>
  ecs
    .tasks()
    .filter(({ lastStatus }) => lastStatus === 'RUNNING')
    .map(({ nodeNumber }) => nodeNumber)
    .sort()

async function startWeb(
  t: Parameters<typeof startTestEcs>[0],
  options: Parameters<typeof startTestEcs>[1] = {},
) {
  const ecs = await startTestEcs(t, options)
  ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 3 })
  await settled(ecs)
  return ecs
}

test('a service runs its desired count as node1, node2, node3, and scaling takes the highest away', async (t) => {
  const ecs = await startWeb(t)
  assert.deepEqual(numbers(ecs), [1, 2, 3])
  ecs.scale('web', 4)
  await settled(ecs)
  assert.deepEqual(numbers(ecs), [1, 2, 3, 4])
  ecs.scale('web', 2)
  await settled(ecs)
  assert.deepEqual(numbers(ecs), [1, 2])
  ecs.scale('web', 0)
  await settled(ecs)
  assert.deepEqual(numbers(ecs), [])
  const codes = new Set(ecs.tasks().map(({ stopCode }) => stopCode))
  assert.deepEqual([...codes], ['ServiceSchedulerInitiated'])
})

test('a task that failed or was stopped by hand is replaced under the lowest free number', async (t) => {
  const ecs = await startWeb(t)
  const replaced = async (id: string) => {
    await eventually('the replacement', () => ecs.task(id).lastStatus === 'STOPPED' && ecs.isSettled())
    return numbers(ecs)
  }
  assert.deepEqual(await replaced(ecs.failTask('node2').id), [1, 2, 3])
  assert.deepEqual(await replaced(ecs.stopTask('node2').id), [1, 3, 4])
})

test('a deployment starts new tasks first and never has fewer in service than desired', async (t) => {
  const ecs = await startWeb(t)
  const states = new Map(ecs.tasks().map(({ arn }) => [arn, true]))
  let fewest = states.size
  ecs.on('event', (event) => {
    const { taskArn, lastStatus, desiredStatus } = (event as TaskStateEvent).detail
    states.set(taskArn, lastStatus === 'RUNNING' && desiredStatus === 'RUNNING')
    fewest = Math.min(fewest, [...states.values()].filter(Boolean).length)
  })
  ecs.deploy('web', {
    ...webDefinition,
    containers: [{ ...webDefinition.containers[0], environment: { V: '2' } }],
  })
  await settled(ecs)
  assert.equal(fewest, 3)
  const running = ecs.tasks().filter(({ lastStatus }) => lastStatus === 'RUNNING')
  assert.deepEqual(new Set(running.map(({ definition }) => definition.revision)), new Set([2]))
  assert.deepEqual(numbers(ecs), [4, 5, 6])
})

test('an old task is stopped only when a new one has been running for the settling time', async (t) => {
  const ecs = await startWeb(t, { timings: { settleMs: 150 } })
  ecs.deploy('web')
  await settled(ecs)
  const firstStart = Math.min(
    ...ecs.tasks().flatMap(({ nodeNumber, startedAt }) => (nodeNumber > 3 ? (startedAt ?? 0) : [])),
  )
  const stops = ecs.tasks().flatMap(({ stoppingAt }) => stoppingAt ?? [])
  assert.equal(stops.length, 3)
  assert.ok(Math.min(...stops) - firstStart >= 150)
})

test('an unhealthy task is replaced: first its replacement runs, then it is stopped', async (t) => {
  const ecs = await startTestEcs(t)
  const containers = [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }]
  ecs.createService({ name: 'web', taskDefinition: { family: 'web', containers }, desiredCount: 1 })
  await settled(ecs)
  const { id } = ecs.task('node1')
  await ecs.setHealthy(id, false)
  await eventually('the replacement', () => ecs.task(id).lastStatus === 'STOPPED' && ecs.isSettled())
  const replacement = ecs.task('node2')
  assert.ok((replacement.startedAt ?? Infinity) <= (ecs.task(id).stoppingAt ?? 0))
  assert.match(ecs.task(id).stoppedReason ?? '', /failed container health checks/)
})

test('tasks that never come up are started again more and more slowly', async (t) => {
  const startedAt: number[] = []
  const ecs = await startTestEcs(t, {
    startProcess: () => {
      startedAt.push(performance.now())
      return Promise.reject(new Error('no such program'))
    },
  })
  ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 1 })
  await eventually('four attempts', () => startedAt.length >= 4)
  const gaps = startedAt.slice(1).map((time, index) => time - (startedAt[index] ?? 0))
  assert.ok((gaps[2] ?? 0) > (gaps[0] ?? 0))
})

test('tasks are spread over the hosts', async (t) => {
  const ecs = await startTestEcs(t)
  ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 4 })
  await settled(ecs)
  const counts = ecs
    .instances()
    .map(({ arn }) => ecs.tasks().filter((task) => task.containerInstanceArn === arn).length)
  assert.deepEqual(counts, [2, 2])
})

test('a task is found by id, ARN, the beginning of its id or its node, and nothing else', async (t) => {
  const ecs = await startWeb(t)
  const { id, arn } = ecs.task('node1')
  for (const reference of [id, arn, id.slice(0, 12)]) assert.equal(ecs.task(reference).id, id)
  assert.throws(() => ecs.task('node9'), /The referenced task was not found: node9/)
  assert.throws(() => ecs.task(''), /names 3 tasks/)
})

test('a wrong name or count is refused with its value', async (t) => {
  const ecs = await startWeb(t)
  assert.throws(() => ecs.scale('web', -1), /whole number from 0 on \(got -1\)/)
  assert.throws(() => ecs.scale('api', 1), /Service not found: api/)
  assert.throws(
    () => ecs.createService({ name: 'web', taskDefinition: 'web', desiredCount: 1 }),
    /web exists/,
  )
  assert.throws(() => ecs.runTask('none'), /Unable to describe task definition/)
})
