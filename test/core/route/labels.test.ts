import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CatalogInstance, ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { statedLabels } from '../../../core/route/labels.ts'
import { build, publishSettings, routedService, together } from '../../support/routes.ts'

const own = '111122223333/eu-west-1/main'
const label = { 'nginx-host': 'a.test' }

function changed(
  service: ServiceSnapshot,
  over: Partial<CatalogInstance>,
  meta: Readonly<Record<string, string | undefined>> = {},
): ServiceSnapshot {
  const instances = service.instances.map((one) => {
    const stated = Object.entries({ ...one.meta, ...meta })
    const kept = stated.filter((pair): pair is [string, string] => pair[1] !== undefined)
    return { ...one, ...over, meta: Object.fromEntries(kept) }
  })
  return { ...service, instances }
}

const clusterOf = (service: ServiceSnapshot, deployment: string | null = 'test') =>
  statedLabels(service, deployment)?.cluster

test("an entry of this deployment on its cluster's node is of that cluster", () => {
  assert.equal(clusterOf(routedService('web', label)), own)
})

const pretenders: Readonly<Record<string, ServiceSnapshot>> = {
  'that lies on another node': changed(routedService('web', label), { node: 'ip-10-0-0-9' }),
  "that lies on another cluster's node": changed(routedService('web', label), {
    node: 'quayside-111122223333-eu-west-1-other',
  }),
  'of another deployment': changed(routedService('web', label), {}, { registrar: 'staging' }),
  'that nobody says to manage': changed(routedService('web', label), {}, { 'managed-by': undefined }),
  'of no task': changed(routedService('web', label), {}, { 'task-id': '' }),
  'of a task that reconcile would not ask ECS about': changed(
    routedService('web', label),
    {},
    {
      'task-id': 'no id',
    },
  ),
  'without a cluster': changed(routedService('web', label), {}, { cluster: undefined }),
}
for (const [what, service] of Object.entries(pretenders)) {
  test(`an entry ${what} is of no cluster, whatever its meta says`, () => {
    assert.equal(clusterOf(service), '')
  })
}

test('where nobody said which deployment this is, every registrar counts, and the node as before', () => {
  assert.equal(clusterOf(routedService('web', label), null), own)
  assert.equal(clusterOf(changed(routedService('web', label), {}, { registrar: 'staging' }), null), own)
  assert.equal(clusterOf(changed(routedService('web', label), { node: 'other' }), null), '')
})

test('a pretender that stands before entries of ours and says the same takes no cluster away', () => {
  const pretender = changed(routedService('web', label), { node: 'a', id: 'x' }, { registrar: 'staging' })
  assert.equal(clusterOf(together(pretender, routedService('web', label))), own)
})

test('a service that only says to be of a cluster claims none of its hosts', () => {
  const thief = changed(routedService('thief', label, { cluster: 'team' }), { node: 'ip-10-0-0-9' })
  const owners = [{ host: 'a.test', clusters: ['team'], services: [] }]
  const named = build([thief], { settings: publishSettings({ owners }) })
  assert.deepEqual([named.model.httpServers.length, named.problems[0]?.kind], [0, 'not-owner'])
  const path = { ...label, 'nginx-path': '/admin' }
  const held = build([routedService('web', label)])
  const both = build(
    [
      routedService('web', label),
      changed(routedService('thief', path), { node: 'ip-10-0-0-9' }),
      routedService('sibling', { ...label, 'nginx-path': '/api' }),
    ],
    { memory: held.memory },
  )
  assert.deepEqual(
    both.problems.map(({ kind, service, expected }) => `${kind} ${service}: ${expected}`),
    [`not-owner thief@dc1: services of cluster ${own} only`],
  )
})
