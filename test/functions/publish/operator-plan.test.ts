import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DataKey, DataValue } from '../../../core/catalog/data.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { emptyState } from '../../../core/publish/state.ts'
import type { SourceKey } from '../../../core/release/endpoints.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { layoutBuilder } from '../../../functions/publish/build-layout.ts'
import { type Channel, nothingPublished, openChannel, publish } from '../../../functions/publish/channel.ts'
import { othersIn } from '../../../functions/publish/others.ts'
import { createPlanner, type Plan } from '../../../functions/publish/plan.ts'
import { memoryReleases } from '../../support/memory-releases.ts'
import { defaultTemplates, noon, routedService } from '../../support/routes.ts'
import { property } from '../../support/scale.ts'
import { stateText, storedAndRead } from '../../support/state.ts'

const operatorTemplates = {
  'two.http': `upstream two {
{{#service "web"}}{{> line}}{{/service}}
{{#service "blue.api"}}{{> line}}{{/service}}
}`,
  'all.http': `{{#each (services)}}
upstream all_{{Name}} {
{{#service name=Name}}server {{HostPort}};{{/service}}
}
{{/each}}`,
  'limit.http': 'limit_conn_zone $binary_remote_addr zone=perip:{{key "limit"}};',
  'clash.http': 'upstream {{keyOrDefault "name" "other"}} { server 127.0.0.1:1; }',
  line: '  server {{HostPort}};',
}

const networks = ['10.0.0.0/8']
const judge = { deployment: 'd', homes: [], datacenter: 'dc1', prefix: 'p', networks }
const deps = () => ({
  judge,
  look: { prefix: 'p', clusters: [], guard: defaultPublishSettings.guard },
  buildLayout: layoutBuilder(
    defaultPublishSettings,
    { datacenter: 'dc1', deployment: 'd' },
    defaultTemplates,
  ),
  renderUpstreams,
  operatorTemplates,
  datacenters: ['dc1'],
})

const names = ['web', 'api'] as const
const name = fc.constantFrom(...names)
const step = fc.oneof(
  fc.record({
    do: fc.constant('service' as const),
    name,
    instances: fc.nat(3),
    tags: fc.constantFrom(['nginx'], ['nginx', 'blue'], []),
  }),
  fc.record({ do: fc.constant('unread' as const), name }),
  fc.record({
    do: fc.constant('key' as const),
    key: fc.constantFrom('limit', 'name'),
    value: fc.constantFrom('1m', 'two', 'a b', '10m;', null),
  }),
  fc.record({ do: fc.constantFrom('publish' as const, 'publish' as const, 'reopen' as const) }),
  fc.record({ do: fc.constantFrom('pin' as const, 'unpin' as const) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 90_000) }),
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A world of one publisher: what it sees, and what it has published. */
function openStage() {
  let now = noon
  const store = memoryReleases(() => now)
  const services = new Map<SourceKey, ServiceSnapshot>()
  const values = new Map<DataKey, DataValue>()
  const others = othersIn(values, networks)
  const stage = { channel: nothingPublished as Channel, plan: null as Plan | null, layouts: [] as string[] }

  async function take(one: Step): Promise<void> {
    if (one.do === 'service') services.set(`${one.name}@dc1`, serviceOf(one))
    if (one.do === 'unread') services.delete(`${one.name}@dc1`)
    if (one.do === 'key') values.set(`key ${one.key}@dc1`, pairOf(one.key, one.value))
    if (one.do === 'pass') now += one.ms
    if (one.do === 'publish' && stage.plan?.composed != null) {
      stage.channel = await publish(store, stage.channel, stage.plan.composed, stage.plan.state)
      stage.layouts.push(stage.channel.layout?.ref.sha256 ?? '')
    }
    const [layout] = stage.layouts
    if (one.do === 'pin' && layout !== undefined) store.pin({ layout, reason: 'a test', frozen: false })
    if (one.do === 'unpin') store.pin(null)
    if (['pin', 'unpin', 'reopen'].includes(one.do)) stage.channel = await openChannel(store)
  }

  const seen = () => {
    const index = new Map([...services.values()].map((one) => [one.name, one.instances[0]?.tags ?? []]))
    const followed = new Set(names.map((one) => `${one}@dc1`))
    const indexes = new Map([['dc1', index]])
    return { services: new Map(services), followed, indexes, others, evidence: null, now }
  }
  return { stage, take, seen }
}

function serviceOf({ name: own, instances, tags }: Step & { readonly do: 'service' }): ServiceSnapshot {
  return routedService(own, { 'nginx-host': `${own}.test` }, { instances, tags })
}

function pairOf(key: string, value: string | null): DataValue {
  return { kind: 'key', pair: value === null ? null : { key, value, flags: 0 } }
}

const factsOf = (plan: Plan) => ({
  content: plan.composed?.content ?? null,
  blobs: plan.composed?.blobs ?? null,
  state: stateText(plan.state),
  problems: plan.problems,
  needs: plan.needs,
  lacks: plan.lacks,
})

test('a plan with operators’ files is the same, whatever was rendered before', async () => {
  const steps = fc.array(step, { minLength: 3, maxLength: 25, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { stage, take, seen } = openStage()
      const planner = createPlanner(deps())
      for (const one of all) {
        await take(one)
        const now = seen()
        const before = stage.plan?.state ?? emptyState
        stage.plan = planner(now, before, stage.channel)
        assert.deepEqual(factsOf(stage.plan), factsOf(createPlanner(deps())(now, before, stage.channel)))
      }
    }),
    property(1_000),
  )
})

test('where nothing of what templates read has changed, everything is the same object as before', async () => {
  const { stage, take, seen } = openStage()
  const planner = createPlanner(deps())
  for (const own of names) await take({ do: 'service', name: own, instances: 2, tags: ['nginx'] })
  await take({ do: 'key', key: 'limit', value: '1m' })
  await take({ do: 'key', key: 'name', value: null })
  const input = seen()
  const plan = (at: number) => planner({ ...input, now: at }, stage.plan?.state ?? emptyState, stage.channel)
  stage.plan = plan(noon)
  const first = stage.plan
  stage.plan = plan(noon + 1)
  assert.equal(stage.plan.composed, first.composed)
  assert.equal(stage.plan.needs, first.needs)
  assert.equal(stage.plan.state.templates, first.state.templates)
  await take({ do: 'publish' })
  const published = plan(noon + 2)
  assert.equal(published.newest, first.newest)
  assert.equal(published.composed?.operatorFiles.length, 4)
})

test('an instance that is held keeps its tags across a cold start', async () => {
  const { stage, take, seen } = openStage()
  await take({ do: 'service', name: 'web', instances: 1, tags: [] })
  await take({ do: 'service', name: 'api', instances: 2, tags: ['nginx', 'blue'] })
  const before = createPlanner(deps())(seen(), emptyState, stage.channel)
  await take({ do: 'service', name: 'api', instances: 0, tags: [] })
  const state = storedAndRead(before.state)
  const after = createPlanner(deps())(seen(), state, stage.channel)
  assert.equal(after.look.holds.length, 2)
  const two = ({ composed }: Plan) => composed?.operatorFiles.find(({ path }) => path.includes('two'))?.ref
  assert.ok(two(after))
  assert.deepEqual(two(after), two(before))
})

test('a datacenter that is not followed is told, and nothing waits for it', async () => {
  const { stage, take, seen } = openStage()
  await take({ do: 'service', name: 'web', instances: 1, tags: ['nginx'] })
  const templates = { 'far.http': 'upstream far { {{#service "web@dc9"}}server {{HostPort}};{{/service}} }' }
  const planner = createPlanner({ ...deps(), operatorTemplates: templates })
  const { problems, lacks, composed } = planner(seen(), emptyState, stage.channel)
  assert.deepEqual(problems, [
    'a template asks for service name="web" dc="dc9" status="passing", whose datacenter isn\'t followed: add it to publish.datacenters',
  ])
  assert.equal(lacks, false)
  assert.notEqual(composed, null)
})

test('a new file that collides with one in force is not published, whatever their names', async () => {
  const { stage, take, seen } = openStage()
  const upstream = 'upstream same { server 127.0.0.1:1; }'
  const plan = (operatorTemplates: Readonly<Record<string, string>>) =>
    createPlanner({ ...deps(), operatorTemplates })(seen(), emptyState, stage.channel)
  const paths = ({ composed }: Plan) => composed?.operatorFiles.map(({ path }) => path)
  stage.plan = plan({ 'b.http': upstream })
  await take({ do: 'publish' })
  const both = plan({ 'a.http': upstream, 'b.http': `# changed\n${upstream}` })
  assert.deepEqual(paths(both), ['operator/b.http.conf'])
  assert.deepEqual(both.problems, [
    'operator/a.http.conf: http upstream same is in operator/b.http.conf too; the file stays as it was',
  ])
  // The two change names: neither of what is in force goes with what is new of the other.
  const swapped = {
    'b.http': 'upstream other { server 127.0.0.1:1; }',
    'c.http': 'upstream other { server 127.0.0.1:2; }',
  }
  assert.deepEqual(paths(plan(swapped)), ['operator/b.http.conf'])
})
