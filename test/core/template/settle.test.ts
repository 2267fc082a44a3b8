import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TemplateData } from '../../../core/template/data.ts'
import { type Need, needText } from '../../../core/template/need.ts'
import { settleTemplate } from '../../../core/template/settle.ts'
import { instance, knownData, template } from '../../support/template-data.ts'

/** Knows only what was asked for. */
function asked(all: TemplateData) {
  const passes: string[][] = []
  const known = new Set<string>()
  const data: TemplateData = {
    ...all,
    service: (name, dc) => (known.has(`service ${name}`) ? all.service(name, dc) : undefined),
    key: (path, dc) => (known.has(`key ${path}`) ? all.key(path, dc) : undefined),
  }
  const read = async (missing: readonly Need[]) => {
    passes.push(missing.map(needText))
    for (const need of missing) {
      if (need.kind === 'service') known.add(`service ${need.name}`)
      if (need.kind === 'key') known.add(`key ${need.path}`)
    }
    return data
  }
  return { data, read, passes }
}

test('what a template reads is found pass by pass, each reading all that is known to be missing', async () => {
  const all = knownData({ instances: [instance('green', 1)], kv: { color: 'green', other: 'x' } })
  const { data, read, passes } = asked(all)
  const text = 'a {{key "other"}}; {{#service (key "color")}}server {{Address}};{{/service}}'
  const { content, needs } = await settleTemplate(template(text), data, read)
  assert.equal(content, 'a x; server 10.0.0.1;')
  assert.deepEqual(passes, [
    ['key path="color" dc="dc1"', 'key path="other" dc="dc1"'],
    ['service name="green" dc="dc1" status="passing"'],
  ])
  assert.equal(needs.length, 3)
})

test('a template that reads something new each time ends after five passes with the chain of it', async () => {
  const kv = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`k${at}`, `k${at + 1}`]))
  const { data, read, passes } = asked(knownData({ kv }))
  const text = `a {{key (key (key (key (key (key "k0")))))}};`
  await assert.rejects(settleTemplate(template(text), data, read), {
    code: 'TEMPLATE_FAILED',
    message:
      /^template web: .*after 5 passes; pass 1: key path="k0" .*pass 2: key path="k1" .*; pass 5: key path="k4"/,
  })
  assert.equal(passes.length, 4)
})

test('four passes of reading are enough for five queries that follow from one another', async () => {
  const kv = { k0: 'k1', k1: 'k2', k2: 'k3', k3: 'end' }
  const { data, read } = asked(knownData({ kv }))
  const { content } = await settleTemplate(template('a {{key (key (key (key "k0")))}};'), data, read)
  assert.equal(content, 'a end;')
})
