import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { parseAgentSettings, readAgentSettings } from '../../agent/settings.ts'
import { explain } from '../../core/errors.ts'

const least = { bucket: 'releases', region: 'eu-central-1', deployment: 'prod', publicKeyFiles: ['/key.pem'] }
const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
const readFile = (path: string) => (path.endsWith('.pem') ? pem : JSON.stringify(least))

function problemsOf(members: Record<string, unknown>): string {
  try {
    parseAgentSettings(members, readFile)
    return ''
  } catch (error) {
    return explain(error)
  }
}

test('four settings are enough for a host as distributions lay it out', () => {
  const settings = parseAgentSettings(least, readFile)
  assert.deepEqual(settings.publicKeys, [pem])
  assert.deepEqual(settings.entries, { http: '/var/lib/quayside/entry.http.conf', stream: null })
  assert.equal(settings.nginx.mainConf, '/etc/nginx/nginx.conf')
  assert.equal(settings.channel, 'current')
  assert.equal(settings.pollMs, 1_000)
})

test('every problem is named at once, with its value', () => {
  const problems = problemsOf({
    bucket: 'Not A Bucket',
    pollMs: 1,
    stateDir: 'relative',
    allowedPorts: [0],
    bukket: 1,
  })
  for (const part of [
    'bucket is "Not A Bucket"',
    'region is missing',
    'deployment is missing',
    'pollMs is 1',
  ])
    assert.ok(problems.includes(part), `${part} in ${problems}`)
  for (const part of [
    'stateDir is "relative"',
    'allowedPorts is [0]',
    'bukket is no setting',
    'names no key',
  ])
    assert.ok(problems.includes(part), `${part} in ${problems}`)
})

const refused: [string, Record<string, unknown>, RegExp][] = [
  ['unsigned pointers beside a key', { allowUnsigned: true }, /accepts nothing unsigned/],
  ['no key without saying so', { publicKeyFiles: [] }, /unless allowUnsigned is true/],
  ['three keys', { publicKeyFiles: ['/1.pem', '/2.pem', '/3.pem'] }, /at most two/],
  ['one port for two servers', { healthPort: 8_099 }, /must differ/],
  ['a mode that there is not', { mode: 'lua' }, /mode is "lua", expected one of auto, static, resolve/],
  ['the DNS port of another server', { dnsPort: 8_099 }, /must differ/],
  ['a listen on a control port', { listens: { 80: '127.0.0.1:8099' } }, /a port of the control servers/],
  ['a path that would need escapes in nginx', { stateDir: '/a;b' }, /stateDir is/],
]
for (const [what, members, reason] of refused)
  test(`${what} is refused`, () => assert.match(problemsOf({ ...least, ...members }), reason))

test('the file is overridden by the environment, and the region is found there', () => {
  const env = { QUAYSIDE_AGENT_SETTINGS: '/agent.json', QUAYSIDE_CHANNEL: 'canary', QUAYSIDE_POLL_MS: '500' }
  const settings = readAgentSettings({
    env: { ...env, QUAYSIDE_OTHER: 'x', AWS_REGION: 'us-east-1' },
    readFile,
  })
  assert.equal(settings.channel, 'canary')
  assert.equal(settings.pollMs, 500)
  assert.equal(settings.region, 'eu-central-1', 'what the file says is more than the default of the machine')
})

test('a settings file that cannot be read is named', () => {
  const env = { QUAYSIDE_AGENT_SETTINGS: '/nowhere.json' }
  assert.throws(
    () => readAgentSettings({ env, readFile: () => '[' }),
    /QUAYSIDE_AGENT_SETTINGS=\/nowhere\.json/,
  )
})
