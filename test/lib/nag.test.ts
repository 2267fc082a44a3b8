import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { type App, Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { exampleConfig, fleetConfig, stackOf } from '../support/stack.ts'

const configs = { 'the example': exampleConfig(), 'everything optional': fleetConfig() }

function packs(app: App): NagPack[] {
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)]
}

/** What a pack says of an app: rule and construct. */
function findings(pack: NagPack, app: App): readonly (readonly [string, string])[] {
  return pack
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => [ruleName, constructPath] as const),
    )
}

type Acknowledged = { readonly id: string; readonly reason: string; readonly path: string }

function acknowledged(app: App): readonly Acknowledged[] {
  return app.node.findAll().flatMap((construct: IConstruct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ id: id.replace(/^annotation::/i, ''), reason, path: construct.node.path })),
  )
}

for (const [name, config] of Object.entries(configs)) {
  const app = stackOf(config).node.root as App

  test(`cdk-nag finds nothing in ${name}`, () => {
    for (const pack of packs(app)) assert.deepEqual(findings(pack, app), [], pack.readPackName)
  })

  test(`every acknowledgement in ${name} is of something that cdk-nag finds there, and says why`, () => {
    const heedless = packs(app).map((pack) => Object.assign(pack, { isAcknowledged: () => false }))
    const found = heedless.flatMap((pack) => findings(pack, app))
    assert.ok(found.length > 20)
    const own = acknowledged(app).filter(({ id }) => /^(AwsSolutions|Serverless)-/.test(id))
    for (const { id, path, reason } of own) {
      const isFound = found.some(([rule, at]) => rule === id && at.startsWith(`${path}/`))
      assert.ok(isFound, `${id} at ${path}`)
      assert.match(reason, /^[A-Z].{20,}\.$/s)
    }
  })
}

test('cdk-nag runs: it sees what a stack does wrong', () => {
  const stack = stackOf(exampleConfig())
  new Bucket(stack, 'Open')
  const app = stack.node.root as App
  const rules = packs(app).flatMap((pack) => findings(pack, app).map(([rule]) => rule))
  assert.deepEqual(rules.sort(), ['AwsSolutions-S1', 'AwsSolutions-S10'])
})
