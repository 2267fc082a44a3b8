import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lintNginx } from '../../../core/render/lint-nginx.ts'
import { parseNginx } from '../../../core/render/nginx-parse.ts'
import { openNginxCheck } from '../../support/check-nginx.ts'
import { testTools } from '../../support/tools.ts'

const check = openNginxCheck()
const server = (words: string) => `server { ${words} location / { return 200; } }`
const upstream = (words: string) => `upstream quayside_a { ${words} }`

const faults: readonly (readonly [string, RegExp])[] = [
  [
    server('listen 8080; server_name a.test;') + server('listen *:8080; server_name b.test A.test;'),
    /"a.test" on 8080 is in a\.conf/,
  ],
  [server('listen 8080;') + server('listen 0.0.0.0:8080; server_name "";'), /"" on 8080/],
  [
    server('listen 127.0.0.1:8080; server_name .a.test;') +
      server('listen 127.0.0.1:8080; server_name *.a.test;'),
    /"\*\.a\.test" on 127\.0\.0\.1:8080/,
  ],
  [upstream('keepalive 2; least_conn; server 127.0.0.1:1;'), /least_conn stands after keepalive/],
  [upstream('server 127.0.0.1:1; keepalive 2; hash $host;'), /hash stands after keepalive/],
]
for (const [text, reason] of faults) {
  test(`nginx at most warns about what is found as ${reason.source}`, async () => {
    const [problem, ...others] = lint(text)
    assert.match(problem?.reason ?? '', reason)
    assert.deepEqual(others, [])
    const { nginx } = await testTools()
    const [, minor = 0] = nginx.version.split('.').map(Number)
    // nginx 1.29.7 keeps connections without being told, and says nothing about the order any more.
    const warns = minor < 29 || text.startsWith('server')
    assert.equal((await complaints(text)).length, warns ? 1 : 0)
  })
}

test('what nginx does not warn about is no fault', async () => {
  const text = [
    server('listen 8080; listen [::]:8080; server_name a.test b.test;'),
    server('listen 8080; server_name c.test;'),
    server('listen 8081; server_name a.test;'),
    server('listen 127.0.0.1:8080; server_name a.test;'),
    server('listen 8080; server_name ~^a; '),
    server('listen 8080; server_name ~^a; '),
    upstream('least_conn; server 127.0.0.1:1; keepalive 2; keepalive_timeout 4s;'),
  ].join('\n')
  assert.deepEqual(lint(text), [])
  assert.deepEqual(await complaints(text), [])
})

test('a second file is compared with the first', () => {
  const parsed = ['a.conf', 'b.conf'].map((path) => ({
    path,
    directives: parseNginx(`\n${server('listen 80; server_name a.test;')}`, path),
  }))
  assert.deepEqual(lintNginx(parsed), [
    { path: 'b.conf', line: 2, reason: 'the server "a.test" on 80 is in a.conf, line 2 too' },
  ])
})

test('a word or comment that nginx cannot read for its length is refused with its line', async () => {
  const word = (length: number) => `\nmap $host $quayside_x { default ${'a'.repeat(length)}; }`
  assert.equal(parseNginx(word(4_095)).length, 1)
  assert.deepEqual(await complaints(word(4_095)), [])
  const long = [
    word(4_096),
    `\n# ${'ä'.repeat(2_048)}\n`,
    `\nmap $host $quayside_x { default "${'ä'.repeat(2_100)}"; }`,
  ]
  for (const text of long) {
    assert.throws(() => parseNginx(text), { code: 'RENDER_REFUSED', message: /line 2: .* longer than/ })
    assert.match((await nginxOn(text)).output, /too long parameter/)
  }
})

async function complaints(text: string): Promise<readonly string[]> {
  const { accepted, complaints, output } = await nginxOn(text)
  assert.ok(accepted, output)
  return complaints
}

async function nginxOn(http: string) {
  return check((await testTools()).nginx, { http })
}

function lint(text: string) {
  return lintNginx([{ path: 'a.conf', directives: parseNginx(text) }])
}
