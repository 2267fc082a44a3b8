import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { main } from '../../bin/commands/main.ts'
import { tempDir } from '../support/tmp.ts'
import { testTools } from '../support/tools.ts'

type Files = Readonly<Record<string, string | object>>

/** Runs the command on files that it finds under these names; `%` in an argument is their folder. */
async function render(t: TestContext, files: Files, ...args: readonly string[]) {
  const folder = tempDir(t)
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  const out: string[] = []
  const err: string[] = []
  const code = await main(['render', ...args.map((arg) => arg.replace('%', folder))], {
    ...{ ask: null, env: {}, now: () => 0 },
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  })
  return { code, folder, out: out.join('\n'), err: err.join('\n') }
}

const catalog = {
  services: [
    {
      name: 'web',
      instances: [
        { address: '10.0.0.1', port: 8000, tags: ['nginx'], meta: { 'nginx-host': 'web.example.com' } },
        { address: '8.8.8.8', port: 8000, tags: ['nginx'], meta: { 'nginx-host': 'web.example.com' } },
      ],
    },
  ],
}
const template = 'upstream app {\n{{#service "web"}}\n{{> server}}\n{{/service}}\n}\n'
const files = { 's.json': catalog, 'web.hbs': template, 'server.hbs': '    server {{HostPort}};' }
const both = ['--snapshot', '%/s.json', '--template', '%/web.hbs']

test('a template is rendered over a catalog, with the other templates of its folder', async (t) => {
  const { code, out, err } = await render(t, files, ...both)
  assert.equal(code, 0, err)
  assert.equal(out, 'upstream app {\n    server 10.0.0.1:8000;}\n')
  assert.match(
    err,
    /^Note: web: instance web-8\.8\.8\.8-8000: .* no address and port inside the allowed networks/,
  )
})

test('what a template reads is listed, and its output goes into a file', async (t) => {
  const listed = await render(t, files, ...both, '--needs')
  assert.deepEqual([listed.code, listed.out], [0, 'service name="web" dc="dc1" status="passing"'])
  const { code, out, folder } = await render(t, files, ...both, '--out', '%/app.conf')
  assert.deepEqual([code, out], [0, ''])
  assert.match(readFileSync(join(folder, 'app.conf'), 'utf8'), /server 10\.0\.0\.1:8000/)
})

test('a template that waits says for what, writes nothing, and fails', async (t) => {
  const waiting = { ...files, 'web.hbs': 'a {{key "x"}};' }
  const { code, err, folder } = await render(t, waiting, ...both, '--out', '%/o')
  assert.equal(code, 1)
  assert.match(
    err,
    /TEMPLATE_FAILED: .*web\.hbs waits, .*\n {2}- key path="x" dc="dc1": the key does not exist/,
  )
  assert.ok(!existsSync(join(folder, 'o')))
})

test('what is wrong is named with its line', async (t) => {
  const wrong: readonly (readonly [Files, RegExp])[] = [
    [
      { ...files, 'web.hbs': 'a;\nb {{foo "x"}};' },
      /TEMPLATE_FAILED: template web, line 2: there is no function "foo"/,
    ],
    [
      { ...files, 'server.hbs': '\n{{Nope}}' },
      /TEMPLATE_FAILED: template server, line 2: the field is not there/,
    ],
    [
      { ...files, 's.json': '{\n  "services": [,]\n}' },
      /s\.json could not be read:\n {2}- Unexpected token ','/,
    ],
    [{ ...files, 's.json': { kv: { a: 1 } } }, /s\.json is invalid:\n {2}- kv\.a: expected a text/],
    [{ 's.json': {} }, /TEMPLATE_MISSING: There is no template .*web\.hbs/],
    [{ 'web.hbs': '' }, /SETTINGS_INVALID: .*s\.json could not be read/],
  ]
  for (const [given, reason] of wrong) {
    const { code, err } = await render(t, given, ...both)
    assert.equal(code, 1)
    assert.match(err, reason)
  }
})

test('a wrong call is told, and nothing is done', async (t) => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--snapshot is needed/],
    [['--snapshot', '%/s.json', '--needs'], /--needs goes with --template/],
    [[...both, '--templates', '%'], /exclude one another/],
    [['--snapshot', '%/s.json', '--template', 'web.conf'], /ends in \.hbs, got web\.conf/],
    [['--snapshot', '%/s.json', '--tmplate', 'x'], /did you mean --template\?/],
  ]
  for (const [args, reason] of wrong) {
    const { code, out, err } = await render(t, files, ...args)
    assert.deepEqual([code, out], [2, ''], err)
    assert.match(err, reason)
  }
})

test('without a template all that would be published is rendered, and nginx accepts the folder', async (t) => {
  const { nginx } = await testTools()
  const shown = await render(t, files, '--snapshot', '%/s.json')
  assert.equal(shown.code, 0, shown.err)
  assert.match(
    shown.out,
    /^# servers\.http\.conf, in http\n[\s\S]*server_name web\.example\.com;[\s\S]*# upstreams\.http\.conf/m,
  )
  const { code, folder } = await render(t, files, '--snapshot', '%/s.json', '--out', '%/o')
  assert.equal(code, 0)
  assert.match(readFileSync(join(folder, 'o/upstreams.http.conf'), 'utf8'), /server 10\.0\.0\.1:8000 /)
  const said = await new Promise<string>((resolve) => {
    const args = ['-t', '-p', join(folder, 'o'), '-c', 'nginx.conf']
    execFile(nginx.path, args, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  assert.match(said, /test is successful/, said)
})

test('the deployment’s configuration says which networks are allowed and what is listened on', async (t) => {
  const example = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../quayside.config.example.json'), 'utf8'),
  )
  const publish = { networks: ['8.0.0.0/8'], listeners: [{ port: 8181, protocol: 'http' }] }
  const given = { ...files, 'c.json': { ...example, publish } }
  const { code, out, err } = await render(t, given, '--snapshot', '%/s.json', '--config', '%/c.json')
  assert.equal(code, 0, err)
  assert.match(out, /listen 8181/)
  assert.match(out, /server 8\.8\.8\.8:8000 /)
  assert.doesNotMatch(out, /10\.0\.0\.1/)
})
