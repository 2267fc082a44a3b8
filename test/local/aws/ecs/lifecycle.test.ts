import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TaskStateEvent } from '../../../../local/aws/ecs/event-shape.ts'
import type { EcsOptions } from '../../../../local/aws/ecs/start.ts'
import type { AwsEvent } from '../../../../local/aws/events/event-bus.ts'
import { startChild } from '../../../../local/processes/child.ts'
import { freePort } from '../../../../local/processes/free-ports.ts'
import { startTestEcs, type TestEcs, webDefinition } from '../../../support/ecs.ts'
import { eventually } from '../../../support/eventually.ts'

type Detail = TaskStateEvent['detail']

const detailOf = (event: AwsEvent) => event.detail as Detail

function statesOf(ecs: TestEcs, id: string): string[] {
  return ecs.events
    .map(detailOf)
    .filter(({ taskArn }) => taskArn.endsWith(id))
    .map(({ version, lastStatus, desiredStatus }) => `${version} ${lastStatus} ${desiredStatus}`)
}

const reaches = (ecs: TestEcs, id: string, status: string) =>
  eventually(`${status} of ${id}`, () => ecs.task(id).lastStatus === status)

async function runAndStop(
  t: Parameters<typeof startTestEcs>[0],
  options: EcsOptions,
  definition = webDefinition,
) {
  const ecs = await startTestEcs(t, options)
  const { id } = ecs.runTask(definition)
  await reaches(ecs, id, 'RUNNING')
  ecs.stopTask(id)
  await reaches(ecs, id, 'STOPPED')
  return { ecs, id, states: statesOf(ecs, id) }
}

test('a bridge task passes its states with one version and one event each', async (t) => {
  const { states } = await runAndStop(t, {})
  assert.deepEqual(states, [
    '1 PROVISIONING RUNNING',
    '2 PENDING RUNNING',
    '3 RUNNING RUNNING',
    '4 RUNNING STOPPED',
    '5 STOPPING STOPPED',
    '6 DEPROVISIONING STOPPED',
    '7 STOPPED STOPPED',
  ])
})

test('an awsvpc task has an ENI that is attached before it runs and deleted at the end', async (t) => {
  const port = await freePort()
  const definition = {
    family: 'web',
    networkMode: 'awsvpc' as const,
    containers: [{ name: 'web', portMappings: [{ containerPort: port }] }],
  }
  const { ecs, states } = await runAndStop(t, {}, definition)
  const attachments = ecs.events.map((event) => detailOf(event).attachments[0])
  assert.deepEqual(states.slice(0, 4), [
    '1 PROVISIONING RUNNING',
    '2 PENDING RUNNING',
    '3 PENDING RUNNING',
    '4 RUNNING RUNNING',
  ])
  assert.deepEqual(
    attachments.slice(0, 4).map((attachment) => [attachment?.type, attachment?.status]),
    [
      ['eni', 'PRECREATED'],
      ['eni', 'ATTACHING'],
      ['eni', 'ATTACHED'],
      ['eni', 'ATTACHED'],
    ],
  )
  const address = attachments[3]?.details.find(({ name }) => name === 'privateIPv4Address')?.value
  assert.equal(address, '127.0.0.1')
  assert.equal(attachments.at(-1)?.status, 'DELETED')
  const running = detailOf(ecs.events[3]!)
  assert.equal(running.launchType, 'FARGATE')
  assert.equal('networkBindings' in running.containers[0]!, false)
})

test('ACTIVATING and DEACTIVATING are visited when they are asked for', async (t) => {
  const { states } = await runAndStop(t, { timings: { activatingMs: 1, deactivatingMs: 1 } })
  assert.ok(states.includes('3 ACTIVATING RUNNING'))
  assert.ok(states.includes('6 DEACTIVATING STOPPED'))
})

test('a task is RUNNING only when its process answers, at the port that its event names', async (t) => {
  const ecs = await startTestEcs(t)
  const answer = Promise.withResolvers<[string, string | null]>()
  ecs.on('event', (event) => {
    const { lastStatus, containers } = detailOf(event)
    const [binding] = containers[0]?.networkBindings ?? []
    if (lastStatus !== 'RUNNING') return
    fetch(`http://127.0.0.1:${binding?.hostPort}/`).then(
      async (response) => answer.resolve([await response.text(), response.headers.get('x-task-id')]),
      answer.reject,
    )
  })
  const { id } = ecs.runTask(webDefinition)
  assert.deepEqual(await answer.promise, ['Hello World from node1\n', id])
})

test('the event of a stop goes out before SIGTERM does', async (t) => {
  const ecs = await startTestEcs(t, { timings: { stopDelayMs: 60_000 } })
  const { id } = ecs.runTask(webDefinition)
  await reaches(ecs, id, 'RUNNING')
  ecs.stopTask(id, 'because')
  const { desiredStatus, lastStatus, stopCode, stoppedReason } = detailOf(ecs.events.at(-1)!)
  assert.deepEqual(
    [desiredStatus, lastStatus, stopCode, stoppedReason],
    ['STOPPED', 'RUNNING', 'UserInitiated', 'because'],
  )
  const port = ecs.task(id).containers[0]?.networkBindings[0]?.hostPort
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
})

test('a task keeps serving for its grace time after SIGTERM', async (t) => {
  const ecs = await startTestEcs(t, { graceSeconds: 0.2 })
  const { id } = ecs.runTask(webDefinition)
  await reaches(ecs, id, 'RUNNING')
  const port = ecs.task(id).containers[0]?.networkBindings[0]?.hostPort
  ecs.stopTask(id)
  await reaches(ecs, id, 'STOPPING')
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200)
  await reaches(ecs, id, 'STOPPED')
  assert.equal(ecs.task(id).containers[0]?.exitCode, 0)
})

test('a task that does not end after SIGTERM is killed when its stop timeout is over', async (t) => {
  const ecs = await startTestEcs(t, { graceSeconds: 600, timings: { stopTimeoutMs: 20 } })
  const { id } = ecs.runTask(webDefinition)
  await reaches(ecs, id, 'RUNNING')
  ecs.stopTask(id)
  await reaches(ecs, id, 'STOPPED')
  assert.equal(ecs.task(id).containers[0]?.exitCode, 137)
})

test('a killed process makes its task stop with exit code 137 and EssentialContainerExited', async (t) => {
  const ecs = await startTestEcs(t)
  const { id } = ecs.runTask(webDefinition)
  await reaches(ecs, id, 'RUNNING')
  ecs.failTask(id)
  await reaches(ecs, id, 'STOPPED')
  const last = detailOf(ecs.events.at(-1)!)
  assert.deepEqual(
    [last.stopCode, last.containers[0]?.exitCode, last.desiredStatus],
    ['EssentialContainerExited', 137, 'STOPPED'],
  )
})

test('the end of one essential container stops the others of its task', async (t) => {
  const containers = [
    { name: 'web', portMappings: [{ containerPort: 8080 }, { containerPort: 9102 }] },
    { name: 'sidecar', essential: false },
    { name: 'api', portMappings: [{ containerPort: 8081 }] },
  ]
  const ecs = await startTestEcs(t)
  const { id } = ecs.runTask({ family: 'pair', containers })
  await reaches(ecs, id, 'RUNNING')
  const [web, sidecar, api] = ecs.task(id).containers
  assert.deepEqual(
    web?.networkBindings.map(({ bindIP, containerPort }) => `${bindIP} ${containerPort}`),
    ['0.0.0.0 8080', ':: 8080', '0.0.0.0 9102', ':: 9102'],
  )
  process.kill(sidecar!.pid!, 'SIGKILL')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(ecs.task(id).lastStatus, 'RUNNING')
  process.kill(api!.pid!, 'SIGKILL')
  await reaches(ecs, id, 'STOPPED')
  assert.deepEqual(
    ecs.task(id).containers.map(({ exitCode }) => exitCode),
    [0, 137, 137],
  )
})

test('a task stopped before it runs never runs, and one whose program cannot start says why', async (t) => {
  const early = await startTestEcs(t, { timings: { provisionMs: 20 } })
  const { id } = early.runTask(webDefinition)
  early.stopTask(id)
  await reaches(early, id, 'STOPPED')
  assert.ok(statesOf(early, id).every((state) => !state.includes(' RUNNING RUNNING')))

  const broken = await startTestEcs(t, { startProcess: () => Promise.reject(new Error('no such program')) })
  const failed = broken.runTask(webDefinition)
  await reaches(broken, failed.id, 'STOPPED')
  const { stopCode, stoppedReason } = broken.task(failed.id)
  assert.deepEqual([stopCode, stoppedReason], ['TaskFailedToStart', 'no such program'])
})

test('health is probed and known to the API side only: no event, no version', async (t) => {
  const containers = [{ name: 'web', portMappings: [{ containerPort: 8080 }], healthCheck: true }]
  const ecs = await startTestEcs(t)
  const { id } = ecs.runTask({ family: 'web', containers })
  await reaches(ecs, id, 'RUNNING')
  assert.equal(ecs.task(id).containers[0]?.healthStatus, 'UNKNOWN')
  await eventually('HEALTHY', () => ecs.task(id).containers[0]?.healthStatus === 'HEALTHY')
  await ecs.setHealthy(id, false)
  await eventually('UNHEALTHY', () => ecs.task(id).containers[0]?.healthStatus === 'UNHEALTHY')
  await ecs.setHealthy(id, true)
  await eventually('HEALTHY again', () => ecs.task(id).containers[0]?.healthStatus === 'HEALTHY')
  assert.equal(ecs.task(id).version, 3)
  assert.equal(ecs.events.length, 3)
  assert.doesNotMatch(JSON.stringify(ecs.events), /health/i)
})

test('a lost host is told by EC2 and by its container instance at once, and its tasks are reported later', async (t) => {
  const ecs = await startTestEcs(t, {
    instances: [{ ec2InstanceId: 'i-0lost' }],
    timings: { hostLossMs: 30 },
  })
  const { id } = ecs.runTask(webDefinition)
  await reaches(ecs, id, 'RUNNING')
  ecs.loseInstance('i-0lost')
  const told = ecs.events
    .slice(3)
    .map((event) => [event['detail-type'], event.detail as Record<string, unknown>] as const)
  assert.deepEqual(
    told.map(([type, detail]) => [type, detail.state ?? detail.status]),
    [
      ['EC2 Instance State-change Notification', 'shutting-down'],
      ['EC2 Instance State-change Notification', 'terminated'],
      ['ECS Container Instance State Change', 'INACTIVE'],
    ],
  )
  assert.equal(ecs.task(id).lastStatus, 'RUNNING')
  await reaches(ecs, id, 'STOPPED')
  assert.equal(ecs.task(id).stoppedReason, 'Host EC2 (instance i-0lost) terminated.')
  assert.throws(() => ecs.runTask(webDefinition), /No Container Instances were found/)
})

test('closing ends every process and sends no more events', async (t) => {
  const ecs = await startTestEcs(t, { graceSeconds: 600 })
  const ids = [1, 2].map(() => ecs.runTask(webDefinition).id)
  for (const id of ids) await reaches(ecs, id, 'RUNNING')
  const pids = ids.map((id) => ecs.task(id).containers[0]!.pid!)
  const before = ecs.events.length
  ecs.runTask(webDefinition)
  await ecs.close()
  assert.equal(ecs.events.length, before + 1)
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('closing at any moment of a start leaves no process behind', async (t) => {
  for (let delayMs = 0; delayMs <= 60; delayMs += 6) {
    const pids: number[] = []
    const ecs = await startTestEcs(t, {
      startProcess: async (options) => {
        const child = await startChild(options)
        pids.push(child.pid)
        return child
      },
    })
    ecs.createService({ name: 'web', taskDefinition: webDefinition, desiredCount: 2 })
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    await ecs.close()
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  }
})

test('a host-mode task listens on its container port and has no bindings', async (t) => {
  const containerPort = await freePort()
  const ecs = await startTestEcs(t)
  const containers = [{ name: 'web', portMappings: [{ containerPort }] }]
  const { id } = ecs.runTask({ family: 'web', networkMode: 'host', containers })
  await reaches(ecs, id, 'RUNNING')
  assert.deepEqual(ecs.task(id).containers[0]?.networkBindings, [])
  assert.equal((await fetch(`http://127.0.0.1:${containerPort}/`)).headers.get('x-task-id'), id)
})
