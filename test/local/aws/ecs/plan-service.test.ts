import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { HealthStatus, ServiceRecord, TaskRecord, TaskStatus } from '../../../../local/aws/ecs/model.ts'
import { inService, planService } from '../../../../local/aws/ecs/plan-service.ts'
import { taskDefinition, taskRecord } from '../../../support/event.ts'
import { property } from '../../../support/scale.ts'

const definition = taskDefinition({
  containers: [{ name: 'web', healthCheck: true, portMappings: [{ containerPort: 80 }] }],
})

const service = (desiredCount: number, clusterArn: string): ServiceRecord => ({
  name: 'web',
  arn: 'arn',
  clusterArn,
  desiredCount,
  deploymentId: 'new',
  definition,
  createdAt: 0,
  failures: 0,
  notBefore: 0,
})

const anyTask = fc.record({
  startedBy: fc.constantFrom('new', 'old', 'older'),
  lastStatus: fc.constantFrom<TaskStatus>('PROVISIONING', 'PENDING', 'RUNNING'),
  health: fc.constantFrom<HealthStatus>('HEALTHY', 'UNHEALTHY', 'UNKNOWN'),
})

const build = (
  specs: readonly { startedBy: string; lastStatus: TaskStatus; health: HealthStatus }[],
): TaskRecord[] =>
  specs.map(({ startedBy, lastStatus, health }, index) =>
    taskRecord({
      id: `task${index}`,
      definition,
      lastStatus,
      health,
      changes: { startedBy, nodeNumber: index + 1 },
    }),
  )

test('a step never takes tasks in service below the desired count, nor all tasks above twice that number', () => {
  const anyTasks = fc.array(anyTask, { maxLength: 12 }).map(build)
  fc.assert(
    fc.property(anyTasks, fc.nat({ max: 6 }), (tasks, desiredCount) => {
      const { start, stop } = planService(service(desiredCount, taskRecord().clusterArn), tasks)
      const left = tasks.filter((task) => !stop.includes(task))
      const before = tasks.filter(inService).length
      // Surplus tasks of the deployment itself may go in whatever state; what is kept must still be the desired
      // number of them.
      const wantedLeft = left.filter((task) => task.startedBy === 'new').length
      assert.ok(left.filter(inService).length >= Math.min(before, desiredCount) || wantedLeft >= desiredCount)
      assert.ok(start === 0 || tasks.length + start <= desiredCount * 2)
    }),
    property(5000),
  )
})

test('repeating the step, with what it starts coming up healthy, ends with the desired number of new tasks', () => {
  fc.assert(
    fc.property(fc.array(anyTask, { maxLength: 12 }), fc.nat({ max: 6 }), (specs, desiredCount) => {
      let tasks = build(specs)
      for (let round = 0; round < 30; round += 1) {
        const { start, stop } = planService(service(desiredCount, taskRecord().clusterArn), tasks)
        const fresh = Array.from(
          { length: start },
          () => ({ startedBy: 'new', lastStatus: 'RUNNING', health: 'HEALTHY' }) as const,
        )
        const kept = tasks.filter((task) => !stop.includes(task))
        // Whatever was starting comes up by itself; an unhealthy task stays unhealthy.
        const grown = kept.map((task) =>
          inService(task) || task.containers[0]?.healthStatus === 'UNHEALTHY'
            ? task
            : taskRecord({
                id: task.id,
                definition,
                health: 'HEALTHY',
                changes: { startedBy: task.startedBy ?? '' },
              }),
        )
        tasks = [...grown, ...build(fresh)]
      }
      assert.equal(tasks.length, desiredCount)
      assert.ok(tasks.every((task) => task.startedBy === 'new' && inService(task)))
    }),
    property(2000),
  )
})
