import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PublisherState } from '../../../../core/publish/state.ts'
import { explainProblem } from '../../../../core/route/problem.ts'
import { aliasFields } from '../../../support/hostile/alias-fields.ts'
import { batches, type Planted, plantOne } from '../../../support/hostile/batches.ts'
import { type Rendered, renderCatalog } from '../../../support/hostile/chain.ts'
import { hostileFields } from '../../../support/hostile/fields.ts'
import { neighbours, townSettings, victim } from '../../../support/hostile/town.ts'
import { assertUntouched, blocksByHost, withoutComments } from '../../../support/hostile/untouched.ts'
import { hostileTexts, hostileValues } from '../../../support/hostile/values.ts'
import { runs } from '../../../support/scale.ts'

const town = renderCatalog(neighbours, townSettings)
const victims = hostileValues.map((_, at) => victim(at))
const good = renderCatalog([...neighbours, ...victims], townSettings, town.next)
const goodBlocks = blocksByHost(good.texts)

test('the corpus has hundreds of values and every place that a label or Consul has for them', () => {
  assert.ok(hostileValues.length >= 500)
  assert.ok(hostileFields.length >= 100)
  assert.deepEqual(town.problems, [])
  assert.deepEqual(good.problems, [])
})

test('a hostile newcomer changes nothing of its neighbours and no structure, and is explained in visible text', () => {
  for (const batch of batches) {
    const { name, planted } = batch()
    const rendered = render(planted, town.next)
    assertUntouched(rendered.texts, town.texts, name)
    assertNothingRaw(rendered, name)
    assertExplained(rendered, planted)
    const [blocks, refused] = [blocksByHost(rendered.texts), refusedIn(rendered)]
    for (const { service, host, what } of planted) {
      if (refused.has(`${service.name}@dc1`)) assert.deepEqual(blocks.get(host), undefined, what)
    }
  }
})

test('a service that turns hostile keeps its last good settings, and its neighbours theirs', () => {
  for (const batch of batches) {
    const { name, planted } = batch()
    const rendered = render(planted, good.next)
    assertUntouched(rendered.texts, town.texts, name)
    const [blocks, kept, refused] = [blocksByHost(rendered.texts), keptIn(rendered), refusedIn(rendered)]
    for (const { service, field, host, what } of planted) {
      const source = `${service.name}@dc1`
      if (kept.has(source)) assert.deepEqual(blocks.get(host), goodBlocks.get(host), what)
      // Under another name nothing good is known; and a route in another proxy's words goes alone.
      else if (field !== 'service name' && !isAlias(field)) assert.ok(!refused.has(source), what)
    }
  }
})

test('alone in the town, a refused service leaves every byte as it was', () => {
  const alone = victim(0)
  const before = renderCatalog([...neighbours, alone], townSettings, town.next)
  const combinations = hostileValues.length * hostileFields.length
  const count = runs(5_000)
  // A stride without a common factor with the number of combinations meets all of them in turn.
  for (let at = 0; at < count; at += 1) {
    const place = (at * 7_919) % combinations
    const { service, what } = plantOne(Math.floor(place / hostileFields.length), place % hostileFields.length)
    const fresh = renderCatalog([...neighbours, service], townSettings, town.next)
    if (refusedIn(fresh).has(`${service.name}@dc1`)) assert.deepEqual(fresh.texts, town.texts, what)
    else assertUntouched(fresh.texts, town.texts, what)
    const turned = { ...service, name: service.name.replace(/^evil\d+/, 'evil0') }
    const kept = renderCatalog([...neighbours, turned], townSettings, before.next)
    assertUntouched(kept.texts, town.texts, what)
    if (keptIn(kept).has(`${turned.name}@dc1`)) assert.deepEqual(kept.layout, before.layout, what)
  }
})

function render(planted: readonly Planted[], memory: PublisherState): Rendered {
  return renderCatalog([...neighbours, ...planted.map(({ service }) => service)], townSettings, memory)
}

/** The sources whose settings were found wrong and that have no route at all. */
function refusedIn(rendered: Rendered): ReadonlySet<string> {
  const invalid = rendered.problems.flatMap(({ kind, service }) => (kind === 'invalid' ? [service] : []))
  const routed = routedIn(rendered)
  return new Set(invalid.filter((service) => !routed.has(service)))
}

/** Those for which the last good settings hold. */
function keptIn({ problems }: Rendered): ReadonlySet<string> {
  return new Set(problems.flatMap(({ effect, service }) => (effect === 'last-good' ? [service] : [])))
}

function isAlias(field: string): boolean {
  return aliasFields.some(({ name }) => name === field)
}

/** Who has an upstream, or a location that only redirects. */
function routedIn({ layout, model }: Rendered): ReadonlySet<string> {
  const owners = model.httpServers.flatMap(({ locations }) => locations.map(({ owner }) => owner))
  const sources = layout.upstreams.flatMap(({ sources }) => sources.map(({ source }) => source))
  return new Set([...owners, ...sources])
}

/** To opt out is a service's right; a read that failed is reported where it is read. */
const silent = ['meta nginx-enable', 'Service.ID', 'Node.Node']

const goodText = withoutComments(`${good.texts.http}\n${good.texts.stream}`)
const suspicious = [...new Set(Object.values(hostileTexts).flat())].filter(
  (text) => text.length > 3 && /[;{}"'\\$#\s]|[^ -~]/.test(text.trim()) && !goodText.includes(text),
)

/** No value of some length with a character that could end a word stands in the output, and no server outside the allowed networks. */
function assertNothingRaw({ texts }: Rendered, batch: string): void {
  for (const [, place = ''] of `${texts.http}\n${texts.stream}`.matchAll(/^ +server (\S+:\d+)/gm)) {
    assert.match(place, /^(10(\.\d+){3}|\[fd00:(?!ec2:).*\]):\d+$|^127\.0\.0\.1:1$/, batch)
  }
  const text = withoutComments(`${texts.http}\n${texts.stream}`)
  for (const value of suspicious) {
    assert.ok(!text.includes(value), `${batch}: ${JSON.stringify(value)} stands in the output`)
  }
}

/** Nobody disappears in silence, and what is said is one line of visible text. */
function assertExplained(rendered: Rendered, planted: readonly Planted[]): void {
  const { problems } = rendered
  const told = new Set(problems.map(({ service }) => service))
  const routed = routedIn(rendered)
  for (const { service, field, what } of planted) {
    const source = `${service.name}@dc1`
    assert.ok(told.has(source) || routed.has(source) || silent.includes(field), what)
  }
  for (const line of problems.map(explainProblem)) {
    assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u, JSON.stringify(line))
    assert.ok(line.length < 3_000, line)
  }
}
