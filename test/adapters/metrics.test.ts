import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMetrics } from '../../adapters/metrics.ts'
import { metrics as names } from '../../core/settings/metric-names.ts'
import { property } from '../support/scale.ts'

type Document = Readonly<Record<string, unknown>> & {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
}

function collect() {
  const lines: string[] = []
  const metrics = createMetrics(
    'shop',
    (line) => lines.push(line),
    () => 1_790_000_000_000,
  )
  return { metrics, documents: () => lines.map((line) => JSON.parse(line) as Document) }
}

test('everything of one invocation is one line in the embedded metric format', () => {
  const { metrics, documents } = collect()
  metrics.count('RecordsReceived', 10)
  metrics.count('TasksWritten')
  metrics.count('TasksWritten', 2)
  metrics.milliseconds('EventAge', 12.6)
  metrics.milliseconds('EventAge', 40)
  metrics.flush()
  assert.deepEqual(documents(), [
    {
      level: 'info',
      event: 'metrics',
      _aws: {
        Timestamp: 1_790_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Quayside',
            Dimensions: [['Deployment']],
            Metrics: [
              { Name: 'RecordsReceived', Unit: 'Count' },
              { Name: 'TasksWritten', Unit: 'Count' },
              { Name: 'EventAge', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Deployment: 'shop',
      RecordsReceived: 10,
      TasksWritten: 3,
      EventAge: [13, 40],
    },
  ])
})

test("a cluster's metrics are a line of their own that counts for the deployment too", () => {
  const { metrics, documents } = collect()
  metrics.count('DeletesHeld', 0, 'one')
  metrics.count('DeletesHeld', 4, 'two')
  metrics.count('ClustersLeft', 1)
  metrics.flush()
  assert.deepEqual(
    documents().map(({ _aws, Cluster, DeletesHeld }) => [
      Cluster,
      DeletesHeld,
      _aws.CloudWatchMetrics[0]?.Dimensions,
    ]),
    [
      ['one', 0, [['Deployment'], ['Deployment', 'Cluster']]],
      ['two', 4, [['Deployment'], ['Deployment', 'Cluster']]],
      [undefined, undefined, [['Deployment']]],
    ],
  )
})

test('nothing collected is nothing written, and nothing is written twice', () => {
  const { metrics, documents } = collect()
  metrics.flush()
  metrics.count('Conflicts')
  metrics.flush()
  metrics.flush()
  assert.equal(documents().length, 1)
})

test('no value is lost and no line exceeds what CloudWatch takes of one', () => {
  const ages = fc.array(fc.nat(100_000), { maxLength: 450 })
  fc.assert(
    fc.property(ages, (values) => {
      const { metrics, documents } = collect()
      for (const value of values) metrics.milliseconds('EventAge', value)
      metrics.count('RecordsReceived', values.length)
      metrics.flush()
      const lists = documents().map(({ EventAge }) => [EventAge ?? []].flat())
      assert.ok(lists.every((list) => list.length <= 100))
      assert.deepEqual(lists.flat(), values)
      assert.equal(documents().filter(({ RecordsReceived }) => RecordsReceived !== undefined).length, 1)
      for (const document of documents()) {
        const [directive, ...others] = document._aws.CloudWatchMetrics
        assert.deepEqual(others, [])
        for (const { Name } of directive?.Metrics ?? []) assert.ok(document[Name] !== undefined, Name)
        for (const key of directive?.Dimensions.flat() ?? []) assert.equal(typeof document[key], 'string')
      }
    }),
    property(500),
  )
})

test('the names are few enough for one line and read like metrics', () => {
  const all = Object.entries(names)
  assert.ok(all.length <= 50)
  for (const [name, { meaning }] of all) {
    assert.match(name, /^[A-Z][A-Za-z]+$/)
    assert.ok(meaning.length > 10)
  }
})

test('lines go to stdout as they are, past a console that would wrap them', () => {
  const adapters = new URL('../../adapters/', import.meta.url)
  const code = `
    console.log = console.info = (text) => process.stdout.write(JSON.stringify({ level: 'INFO', message: text }))
    const { createMetrics } = await import('${new URL('metrics.ts', adapters)}')
    const { createLog } = await import('${new URL('log.ts', adapters)}')
    const metrics = createMetrics('shop')
    metrics.count('Conflicts', 2)
    metrics.flush()
    createLog().error('task-failed', { taskArn: 'arn' })`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code])
  const lines = String(stdout).trim().split('\n')
  assert.equal(lines.length, 2, String(stderr))
  const [document, line] = lines.map((text) => JSON.parse(text))
  assert.equal(document._aws.CloudWatchMetrics[0].Metrics[0].Name, 'Conflicts')
  assert.deepEqual([line.level, line.event, line.taskArn], ['error', 'task-failed', 'arn'])
  assert.ok(Number.isFinite(Date.parse(line.timestamp)))
})
