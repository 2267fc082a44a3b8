import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type TaskOptions, taskDefinition, taskEvent } from '../../../support/event.ts'

type Shape = string | { [field: string]: Shape } | Shape[]

/** Fields and the types of their values; of a list, the shape of its first element. */
function shapeOf(value: unknown): Shape {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])]
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/.test(value))
    return 'time with milliseconds'
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(value)) return 'time in seconds'
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([field, member]) => [field, shapeOf(member)]))
}

const containers = ['web', 'log-router'].map((name, index) => ({
  name,
  portMappings: index === 0 ? [{ containerPort: 8080 }, { containerPort: 9102 }] : [],
}))
const overrides = [{ name: 'web', environment: [{ name: 'SERVICE_TAGS', value: 'blue,v9' }] }]

/**
 * Documented fields that a demo task has no use for; they are informational, and every consumer must do without
 * them.
 */
const informational = new Set([
  'capacityProviderName',
  'imageDigest',
  'memory',
  'memoryReservation',
  'pullStartedAt',
  'pullStoppedAt',
])
/** Details of an ENI that nothing here reads. */
const eni = new Set(['macAddress', 'privateDnsName'])

const cases: [fixture: string, options: TaskOptions][] = [
  [
    'awsvpc-on-fargate-running',
    {
      definition: taskDefinition({ networkMode: 'awsvpc' }),
      changes: { pullStartedAt: 1, pullStoppedAt: 2 },
    },
  ],
  [
    'bridge-on-ec2-running-two-containers-dynamic-host-ports-ipv6',
    { definition: taskDefinition({ containers }), overrides },
  ],
  [
    'host-mode-on-ec2-being-stopped',
    { definition: taskDefinition({ networkMode: 'host' }), desiredStatus: 'STOPPED' },
  ],
]

for (const [fixture, options] of cases) {
  test(`a built event has the fields and types of the documented one: ${fixture}`, () => {
    const file = new URL(`../../../fixtures/events/${fixture}.json`, import.meta.url)
    const documented = without(JSON.parse(readFileSync(file, 'utf8')))
    const built = without(JSON.parse(JSON.stringify(taskEvent(options))))
    assert.deepEqual(shapeOf(built), shapeOf(documented))
  })
}

test('versions follow the documented order of a task that runs and is stopped', () => {
  const versions = [
    taskEvent({ lastStatus: 'PENDING' }),
    taskEvent({}),
    taskEvent({ desiredStatus: 'STOPPED' }),
    taskEvent({ lastStatus: 'STOPPING' }),
    taskEvent({ lastStatus: 'STOPPED' }),
  ].map(({ detail }) => detail.version)
  assert.deepEqual(versions, [2, 3, 4, 5, 7])
})

function without(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !eni.has((item as { name?: string } | null)?.name ?? '')).map(without)
  }
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([field]) => !informational.has(field))
  return Object.fromEntries(kept.map(([field, member]) => [field, without(member)]))
}
