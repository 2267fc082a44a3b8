import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { renderLayout } from '../../../../core/render/layout.ts'
import { settleAliases } from '../../../../core/route/aliases/settle.ts'
import { buildModel } from '../../../../core/route/build-model.ts'
import { readHost, readPath } from '../../../../core/route/fields.ts'
import { sortLabels } from '../../../../core/route/keys.ts'
import { createRouteMemo } from '../../../../core/route/memo.ts'
import { emptyMemory } from '../../../../core/route/memory.ts'
import { explainProblem } from '../../../../core/route/problem.ts'
import { readStatement } from '../../../../core/route/statement.ts'
import { build, defaultTemplates, noon, publishSettings, routedService } from '../../../support/routes.ts'
import { property } from '../../../support/scale.ts'

/** Text that is likely to break out of nginx's syntax, of the grammars here, or of JavaScript's records. */
const evil = fc.constantFrom(
  ...`; { } $ # \\ , = / // .. * ( ) && || ! ' " \``.split(' '),
  ...[
    ' ',
    '\n',
    '\u2028',
    '\u0000',
    `${'$'}{DC}`,
    '__proto__',
    'constructor',
    ':80',
    'a.test',
    'b.test',
    '/x',
    '/y',
  ],
  ...['Host(`a.test`)', 'PathPrefix(`/x`)', 'Path(', '10.0.0.0/8', 'https', 'web', 'm', '3', 'true'],
)
const text = fc
  .array(fc.oneof(evil, fc.string({ maxLength: 6, unit: 'binary' })), { maxLength: 8 })
  .map((parts) => parts.join(''))
const name = fc.constantFrom('web', 'x-y', '__proto__', 'constructor', 'path', 'host', 'Ä', 'a b', '')
const routerWord = fc.constantFrom(...'rule entrypoints tls middlewares service priority toString'.split(' '))
const otherWord = fc.constantFrom(
  ...'stripprefix.prefixes chain.middlewares ipallowlist.sourcerange redirectscheme.scheme addprefix.prefix'.split(
    ' ',
  ),
  ...'buffering.maxrequestbodybytes headers.stsseconds retry.attempts basicauth.users'.split(' '),
  ...'loadbalancer.server.scheme loadbalancer.sticky.cookie.name toString'.split(' '),
)
const option = fc.constantFrom(
  ...'strip= proto= weight= redirect= redirect=https://b.test prepend= allow=ip: deny=ip: host= x'.split(' '),
)
const protocol = fc.constantFrom('http', 'tcp', 'udp')
const kind = fc.constantFrom('routers', 'services', 'middlewares')
const tag = fc.oneof(
  text.map((value) => `urlprefix-${value}`),
  fc.tuple(text, text).map(([path, options]) => `urlprefix-a.test/${path} ${options}`),
  fc.tuple(option, text).map(([name, value]) => `urlprefix-a.test/x ${name}${value}`),
  fc
    .tuple(protocol, kind, name, fc.oneof(routerWord, otherWord), text)
    .map(([proto, kind, id, key, value]) => {
      return `traefik.${proto}.${kind}.${id}.${key}=${value}`
    }),
  text.map((value) => `traefik.http.routers.web.rule=Host(\`a.test\`) && ${value}`),
  fc.constantFrom('traefik.http.routers.web.rule=Host(`a.test`)', 'traefik.http.routers.web.middlewares=m'),
  fc.tuple(otherWord, text).map(([key, value]) => `traefik.http.middlewares.m.${key}=${value}`),
  fc.tuple(otherWord, text).map(([key, value]) => `traefik.http.services.s.${key}=${value}`),
  fc.constantFrom('traefik.enable=true', 'nginx', 'nginx.path=/p'),
  text,
)
const virtualName = fc.constantFrom(
  ...['VIRTUAL_HOST', 'VIRTUAL_PATH', 'VIRTUAL_DEST', 'VIRTUAL_PROTO', 'HTTPS_METHOD', 'CERT_NAME', 'HSTS'],
)
const meta = fc.oneof(
  fc.dictionary(virtualName, text, { maxKeys: 4 }),
  fc.dictionary(virtualName, text, { maxKeys: 2 }).map((all) => ({ ...all, VIRTUAL_HOST: 'a.test' })),
)
const stated = fc.record({ tags: fc.array(tag, { maxLength: 6 }), meta })

const settings = publishSettings({
  defaultDomain: 'apps.test',
  listeners: [
    { port: 80, protocol: 'http' },
    { port: 3306, protocol: 'tcp' },
  ],
})

test('whatever tags and meta say, nothing throws, and every label has a place among those that are validated', () => {
  fc.assert(
    fc.property(stated, ({ tags, meta }) => {
      const statement = readStatement({ tags, meta, datacenter: 'dc1', port: 8000 })
      const { routes, problems } = sortLabels('web@dc1', statement.labels)
      assert.deepEqual(problems, [])
      const found = new Set(routes.map(({ id }) => id))
      for (const id of statement.aliases) assert.ok(found.has(id), id)
      assert.equal(new Set(statement.aliases).size, statement.aliases.length)
    }),
    property(20_000),
  )
})

test('whatever tags and meta say, what is served has passed the validators, and every message is one line', () => {
  fc.assert(
    fc.property(stated, ({ tags, meta }) => {
      const { model, problems } = build([routedService('web', meta, { tags })], { settings })
      for (const { host, locations } of model.httpServers) {
        assert.ok('value' in readHost(host))
        for (const { path } of locations) assert.ok('value' in readPath(path))
      }
      for (const problem of problems) assert.doesNotMatch(explainProblem(problem), /[\p{Cc}\p{Zl}\p{Zp}]/u)
    }),
    property(10_000),
  )
})

test('the order of tags makes no difference to what is served', () => {
  fc.assert(
    fc.property(stated, ({ tags, meta }) => {
      const built = (list: readonly string[]) =>
        build([routedService('web', meta, { tags: list })], { settings })
      assert.deepEqual(built(tags), built([...tags, ...tags].reverse()))
    }),
    property(2_000),
  )
})

test('whatever tags and meta say, the rendered text has the structure of the model', () => {
  fc.assert(
    fc.property(stated, ({ tags, meta }) => {
      const { model } = build([routedService('web', meta, { tags })], { settings })
      renderLayout(model, defaultTemplates)
    }),
    property(2_000),
  )
})

test('what earlier runs came to changes no result', () => {
  fc.assert(
    fc.property(fc.array(stated, { minLength: 2, maxLength: 4 }), (turns) => {
      const memo = createRouteMemo()
      let memory = emptyMemory
      for (const { tags, meta } of turns) {
        const input = {
          ...{ services: [routedService('web', meta, { tags })], datacenter: 'dc1', settings, memory },
          ...{ live: new Set(['web@dc1']), now: noon, deployment: 'test' },
        }
        const built = buildModel(input, memo)
        assert.deepEqual(built, buildModel(input))
        memory = built.memory
      }
    }),
    property(5_000),
  )
})

test('settling twice is settling once', () => {
  fc.assert(
    fc.property(stated, ({ tags, meta }) => {
      const first = build([routedService('web', meta, { tags })], { settings })
      const second = build([routedService('web', meta, { tags })], { settings, memory: first.memory })
      assert.deepEqual([second.model, second.memory], [first.model, first.memory])
      const nothing = settleAliases('web@dc1', { labels: {}, aliases: [], refused: [] }, null, () => [])
      assert.deepEqual(nothing, { labels: {}, problems: [], isEmpty: false })
    }),
    property(5_000),
  )
})
