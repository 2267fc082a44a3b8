import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRule } from '../../../../core/route/aliases/traefik-rule.ts'

/** Alternatives as `hosts path`, with `=` before an exact path, `*` for any host, `-` for any path. */
function read(rule: string): readonly string[] | null {
  const reading = parseRule(rule)
  if ('expected' in reading) return null
  return reading.value.map(({ hosts, path }) => {
    const place = path === null ? '-' : (path.type === 'exact' ? '=' : '') + path.text
    return `${hosts?.join(',') ?? '*'} ${place}`
  })
}

const understood: readonly (readonly [rule: string, alternatives: readonly string[]])[] = [
  ['Host(`a.test`)', ['a.test -']],
  ['Host("A.test.")', ['a.test -']],
  ['host(`a.test`, "b.test")', ['a.test,b.test -']],
  ['  Host( `a.test` )  ', ['a.test -']],
  ['PathPrefix(`/x`)', ['* /x']],
  ['Host(`a.test`) && PathPrefix(`/x`)', ['a.test /x']],
  ['Host(`a.test`)&&Path(`/x`)', ['a.test =/x']],
  ['PathPrefix(`/x`) && Host(`a.test`)', ['a.test /x']],
  ['Host(`a.test`) || Host(`b.test`)', ['a.test,b.test -']],
  ['Host(`a.test`) && PathPrefix(`/x`, `/y`)', ['a.test /x', 'a.test /y']],
  ['Host(`a.test`) && (PathPrefix(`/x`) || Path(`/y`))', ['a.test /x', 'a.test =/y']],
  ['Host(`a.test`) || Host(`b.test`) && Path(`/y`)', ['a.test -', 'b.test =/y']],
  ['(Host(`a.test`) || Host(`b.test`)) && Path(`/y`)', ['a.test,b.test =/y']],
  ['((Host(`a.test`)))', ['a.test -']],
  ['Host(`a.test`) || PathPrefix(`/x`)', ['a.test -', '* /x']],
]

for (const [rule, alternatives] of understood) {
  test(`the rule ${rule} is understood`, () => assert.deepEqual(read(rule), alternatives))
}

const refused = [
  '',
  'a.test',
  'Host:a.test',
  'Host(a.test)',
  "Host('a.test')",
  'Host()',
  'Host(``)',
  'Host(`a.test`',
  'Host(`a.test`))',
  '(Host(`a.test`)',
  '()',
  'Host(`a.test`) Host(`b.test`)',
  'Host(`a.test`) &&',
  '|| Host(`a.test`)',
  'Host(`a.test`) & Path(`/`)',
  '!Host(`a.test`)',
  'Host(`a.test`) && !Path(`/x`)',
  'Host(`a.test`) && Host(`b.test`)',
  'Path(`/x`) && PathPrefix(`/x`)',
  'HostRegexp(`.+`)',
  'HostRegexp(`{sub:.+}.a.test`)',
  'PathRegexp(`^/x`)',
  'Host(`a.test`) && Method(`GET`)',
  'Host(`a.test`) && Headers(`X`, `y`)',
  'Host(`a.test`) && ClientIP(`10.0.0.0/8`)',
  'Host(`*.a.test`)',
  'Host(`a b.test`)',
  'Host(`a.test,b.test`)',
  'Host(`a.test;}`)',
  'Host(`a.test`) && Path(`/{id}`)',
  'Host(`a.test`) && PathPrefix(`x`)',
  'Host(`a.test`) && PathPrefix(`/x y`)',
  `${'('.repeat(33)}Host(\`a.test\`)${')'.repeat(33)}`,
  `${'('.repeat(4_000)}`,
  'Host(`a.test`) || '.repeat(300),
  Array(65).fill('Path(`/x`)').join(' || '),
  Array(5).fill('(Path(`/a`) || Path(`/b`) || Path(`/c`))').join(' && '),
]

for (const rule of refused) {
  test(`the rule ${rule.slice(0, 60)} is refused`, () => {
    const reading = parseRule(rule)
    assert.ok('expected' in reading && reading.expected.length > 0)
  })
}
