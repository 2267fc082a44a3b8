import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Template } from 'aws-cdk-lib/assertions'
import { metricNamespace, metrics } from '../../../core/settings/metric-names.ts'
import { exampleConfig, stackOf } from '../../support/stack.ts'

type Part = string | Readonly<Record<string, unknown>>
type Widget = {
  readonly type: string
  readonly properties: {
    readonly alarms?: readonly string[]
    readonly metrics?: readonly (readonly unknown[])[]
  }
}

const template = Template.fromStack(stackOf(exampleConfig({ deployment: 'test' })))

/** The dashboard's widgets, with every reference to a resource as a word. */
function widgets(): readonly Widget[] {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'))
  const body: unknown = dashboard?.Properties.DashboardBody['Fn::Join']
  const [, parts] = body as [string, readonly Part[]]
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('')).widgets
}

test('the dashboard shows every alarm first', () => {
  const found = widgets().find(({ type }) => type === 'alarm')?.properties.alarms ?? []
  assert.equal(found.length, Object.keys(template.findResources('AWS::CloudWatch::Alarm')).length)
  assert.deepEqual(
    widgets()
      .map(({ type }) => type)
      .slice(0, 2),
    ['text', 'alarm'],
  )
})

test('what it shows of our metrics exists, and is that of this deployment', () => {
  const shown = widgets().flatMap(({ properties }) => properties.metrics ?? [])
  const own = shown.filter(([namespace]) => namespace === metricNamespace)
  assert.ok(own.length >= 20)
  for (const [, name, dimension, value] of own) {
    assert.ok(Object.hasOwn(metrics, String(name)), String(name))
    assert.deepEqual([dimension, value], ['Deployment', 'test'])
  }
})
