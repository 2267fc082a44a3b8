import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AwsPlace, AwsPlaces } from '../../../adapters/aws-places.ts'
import { resolveInPlaces, usableInPlaces } from '../../../functions/register/places.ts'

/** A place that names itself in each of its answers. */
function placeNamed(name: string): AwsPlace {
  const place = {
    ecs: {
      connectedInstances: async (_cluster: string, arns: readonly string[]) =>
        new Map(arns.map((arn) => [arn, 'i-1'])),
      describeTaskDefinition: async () => ({ family: name }),
    },
    ec2: { runningInstances: async (ids: readonly string[]) => new Set(name === 'far' ? ids : []) },
    ssm: {},
  }
  return place as unknown as AwsPlace
}

const home = placeNamed('home')
const far = placeNamed('far')
const places: AwsPlaces = { of: (arn) => (arn.includes('far') ? far : home), all: [home, far] }

test('hosts of a cluster are looked up where the cluster is', async () => {
  const usable = usableInPlaces(places)
  assert.deepEqual(await usable('cluster/far', ['a']), new Set(['a']))
  assert.deepEqual(await usable('cluster/web', ['a']), new Set())
})

test('definitions of a batch from several places are looked up where each task runs', async () => {
  const task = (clusterArn: string) => ({
    clusterArn,
    taskDefinitionArn: `${clusterArn}:1`,
    containerInstanceArn: null,
  })
  const tasks = ['cluster/far', 'cluster/web'].map(task) as unknown as Parameters<
    ReturnType<typeof resolveInPlaces>
  >[0]
  const resolved = await resolveInPlaces(places, () => 0)(tasks)
  assert.deepEqual(
    tasks.map((one) => resolved(one).definition.family),
    ['far', 'home'],
  )
})
