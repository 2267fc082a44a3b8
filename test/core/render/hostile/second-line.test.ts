import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QuaysideError } from '../../../../core/errors.ts'
import { renderLayout } from '../../../../core/render/layout.ts'
import { type Directive, parseNginx } from '../../../../core/render/nginx-parse.ts'
import type { Model } from '../../../../core/route/model.ts'
import { renderCatalog } from '../../../support/hostile/chain.ts'
import { neighbours, townSettings } from '../../../support/hostile/town.ts'
import { hostileTexts } from '../../../support/hostile/values.ts'
import { defaultTemplates } from '../../../support/routes.ts'
import { property } from '../../../support/scale.ts'

type Place = readonly (string | number)[]

const { model } = renderCatalog(neighbours, townSettings)
const { defaultServers, httpServers, streamServers } = model
const places = textsOf({ defaultServers, httpServers, streamServers })
const values = [...new Set(Object.values(hostileTexts).flat())]

test('text that got past the readers is refused while rendering, or stays one word in its place', () => {
  const expected = structureOf(model)
  let refused = 0
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.constantFrom(...values), (place, value) => {
      const changed = withText(model, place, value) as Model
      try {
        assert.deepEqual(structureOf(changed), expected)
      } catch (error) {
        assert.ok(error instanceof QuaysideError, `${place.join('.')} = ${JSON.stringify(value)}: ${error}`)
        assert.ok(['TEMPLATE_FAILED', 'RENDER_REFUSED'].includes(error.code), error.code)
        refused += 1
      }
    }),
    property(10_000),
  )
  assert.ok(refused > 0)
})

/** Where texts stand that are written outside comments, apart from words that choose what is written. */
function textsOf(value: unknown, at: Place = []): readonly Place[] {
  if (typeof value === 'string')
    return /^(kind|match|protocol|owner|name)$/.test(String(at.at(-1))) ? [] : [at]
  if (typeof value !== 'object' || value === null) return []
  // The hosts of a certificate choose it and are not written.
  const members = Object.entries(value).filter(([key]) => key !== 'hosts')
  return members.flatMap(([key, member]) => textsOf(member, [...at, key]))
}

function withText(value: unknown, [key, ...rest]: Place, text: string): unknown {
  if (key === undefined) return text
  if (Array.isArray(value))
    return value.map((one, at) => (at === Number(key) ? withText(one, rest, text) : one))
  const record = value as Record<string, unknown>
  return { ...record, [key]: withText(record[key], rest, text) }
}

/** The tree of directives with the number of their words, without the sizes that follow the longest name. */
function structureOf(changed: Model): unknown {
  const shape = (list: readonly Directive[]): unknown =>
    list
      .filter(({ name }) => !name.includes('_hash_'))
      .map(({ name, args, block }) => [name, args.length, block === null ? null : shape(block)])
  return renderLayout(changed, defaultTemplates).files.map(({ content }) => shape(parseNginx(content)))
}
