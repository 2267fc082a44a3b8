import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { TaskDefinitionInput } from '../../local/aws/ecs/task-definition.ts'
import { get } from '../../local/script/get.ts'
import { eventually } from '../support/eventually.ts'
import { isFull } from '../support/scale.ts'
import { graceSeconds, startEcsStage } from '../support/traffic/ecs-stage.ts'
import { startLoad } from '../support/traffic/load.ts'

/** How much later than ECS we hear of health: in either case after the old tasks have ended. */
const lateMs = isFull ? 30_000 : 12_000

function definition(
  name: string,
  labels: Readonly<Record<string, string>>,
  healthCheck = false,
): TaskDefinitionInput {
  const dockerLabels = { SERVICE_NAME: name, ...labels }
  const container = { name: 'web', portMappings: [{ containerPort: 8080 }], dockerLabels, healthCheck }
  return { family: name, containers: [container] }
}

test('traffic while ECS deploys, renames and stops services, from its events to nginx', {
  concurrency: true,
  timeout: 300_000,
}, async (t) => {
  const stage = await startEcsStage(t)
  const { ecs, health, passing, settled, target, wanted } = stage
  const create = (name: string, count: number, taskDefinition: TaskDefinitionInput) =>
    ecs.createService({ name, taskDefinition, desiredCount: count })
  const scenarios: Promise<void>[] = []
  const scenario = (rule: string, play: () => Promise<void>) => void scenarios.push(t.test(rule, play))

  scenario('a rolling deployment whose health is seen late fails no request', async () => {
    const taskDefinition = definition('late', { 'nginx.host': 'late.localhost' }, true)
    create('late', 2, taskDefinition)
    await settled('late', 'late.localhost')
    const before = wanted('late')
    health.lateBy(lateMs)
    const load = startLoad(target('late.localhost'))
    ecs.deploy('late', taskDefinition)
    await eventually('new tasks', () => wanted('late').every((id) => !before.includes(id)), 60_000)
    await settled('late', 'late.localhost')
    await passing('late')
    await settled('late', 'late.localhost')
    await load.end()
  })

  scenario('a bad label in the new revision of a rolling deployment fails no request', async () => {
    create('labels', 2, definition('labels', { 'nginx.host': 'labels.localhost' }))
    await settled('labels', 'labels.localhost')
    const before = wanted('labels')
    const load = startLoad(target('labels.localhost'))
    const bad = { 'nginx.host': 'labels.localhost', 'nginx.path': 'no { path', 'nginx.lb': 'by luck' }
    ecs.deploy('labels', definition('labels', bad))
    await eventually('new tasks', () => wanted('labels').every((id) => !before.includes(id)), 60_000)
    await settled('labels', 'labels.localhost')
    await load.end()
  })

  scenario('a service that takes over the host of another one fails no request', async () => {
    create('shop', 2, definition('shop', { 'nginx.host': 'shop.localhost' }))
    await settled('shop', 'shop.localhost')
    const load = startLoad(target('shop.localhost'))
    create('renamed', 2, definition('renamed', { 'nginx.host': 'shop.localhost,renamed.localhost' }))
    await settled('renamed', 'renamed.localhost')
    ecs.scale('shop', 0)
    await settled('renamed', 'shop.localhost')
    await load.end()
  })

  scenario('a service that is scaled to none serves until its tasks are gone, then answers 503', async () => {
    create('zero', 2, definition('zero', { 'nginx.host': 'zero.localhost' }))
    await settled('zero', 'zero.localhost')
    const { url, hostName } = target('zero.localhost')
    ecs.scale('zero', 0)
    for (;;) {
      const answer = await get(url, hostName, false)
      if (answer.status !== 200) break
      await delay(5)
    }
    const refusedAt = Date.now()
    const stopping = ecs.tasks().filter(({ service }) => service === 'zero')
    const graceEnds = stopping.map(({ stoppingAt }) => (stoppingAt ?? Infinity) + graceSeconds * 1_000)
    assert.ok(refusedAt >= Math.max(...graceEnds), 'it was refused while tasks still served')
    await eventually('503 with Retry-After', async () => {
      const { status, retryAfter } = await get(url, hostName, false)
      return status === 503 && retryAfter !== null
    })
  })

  await Promise.all(scenarios)
})
