import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { dropIn, logFolders } from '../../../core/install/drop-in.ts'
import { nodeFlags } from '../../../core/install/node-flags.ts'
import { choosePrivileges } from '../../../core/install/privileges.ts'
import { missingMembers, settingsFile } from '../../../core/install/settings-file.ts'
import { config } from '../../support/host-facts.ts'

const usual = {
  privileges: { model: 'root-master', user: 'quayside' },
  program: { node: '/usr/bin/node', path: '/usr/lib/quayside/quayside-agent.mjs' },
  settingsFile: '/etc/quayside/agent.json',
  stateDir: '/var/lib/quayside',
  writes: ['/var/log/nginx'],
} as const

test('a host as packages leave it needs nothing beside the unit', () => {
  assert.equal(dropIn(usual), null)
})

test('the unit starts Node with the same flags as an installation that names its own', () => {
  const unit = readFileSync(new URL('../../../agent/quayside-agent.service', import.meta.url), 'utf8')
  assert.ok(unit.includes(`ExecStart=/usr/bin/env node ${nodeFlags.join(' ')} ${usual.program.path}\n`))
})

test('the user of an unprivileged nginx gets one capability instead of three', () => {
  const text = dropIn({ ...usual, privileges: { model: 'same-user', user: 'nginx' } }) ?? ''
  assert.match(text, /\nUser=nginx\nGroup=\n/)
  assert.match(text, /\nAmbientCapabilities=\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n/)
  assert.doesNotMatch(text, /CAP_KILL|CAP_DAC/)
})

test('another program, settings file, state directory or folder of logs is named', () => {
  const text = dropIn({
    ...usual,
    program: { node: '/opt/node 24/bin/node', path: '/opt/q/agent.mjs' },
    settingsFile: '/srv/q.json',
    stateDir: '/srv/q%1',
    writes: ['/srv/logs', '/srv/q%1', '/var/log/nginx/sites', '/srv/logs'],
  })
  const lines = (text ?? '').split('\n')
  assert.deepEqual(lines.slice(2), [
    'ExecStart=',
    `ExecStart="/opt/node 24/bin/node" ${nodeFlags.join(' ')} /opt/q/agent.mjs`,
    'ExecReload=',
    'ExecReload="/opt/node 24/bin/node" /opt/q/agent.mjs reload',
    'Environment=QUAYSIDE_AGENT_SETTINGS=/srv/q.json',
    'ReadWritePaths=/srv/q%%1',
    'ReadWritePaths=-/srv/logs',
    '',
  ])
})

test('folders of logs are those that nginx opens itself', () => {
  const placed = config(
    'error_log /a/e.log; http { access_log /b/$host.log; access_log off; access_log syslog:server=x; server { access_log /c/d/x.log main; } }',
  )
  assert.deepEqual(logFolders(placed), ['/a', '/c/d'])
})

test('the model follows the running master, unless it is said', () => {
  const none = { master: null, wantedModel: null, wantedUser: null }
  assert.deepEqual(choosePrivileges(none), { model: 'root-master', user: 'quayside' })
  const root = { ...none, master: { uid: 0, name: 'root' } }
  assert.deepEqual(choosePrivileges(root), { model: 'root-master', user: 'quayside' })
  const nginx = { ...none, master: { uid: 33, name: 'www-data' } }
  assert.deepEqual(choosePrivileges(nginx), { model: 'same-user', user: 'www-data' })
  assert.deepEqual(choosePrivileges({ ...none, wantedModel: 'same-user', wantedUser: 'web' }), {
    model: 'same-user',
    user: 'web',
  })
})

test('a settings file begins with what must be filled in, and leaves defaults out', () => {
  const text = settingsFile({
    nginxConf: '/etc/nginx/nginx.conf',
    healthPort: 8081,
    bucket: 'releases',
    stream: true,
  })
  assert.deepEqual(Object.entries(JSON.parse(text)), [
    ['bucket', 'releases'],
    ['region', ''],
    ['deployment', ''],
    ['publicKeyFiles', []],
    ['healthPort', 8081],
    ['stream', true],
  ])
  assert.deepEqual(missingMembers({ bucket: 'b', region: '' }), ['region', 'deployment', 'publicKeyFiles'])
  const unsigned = { bucket: 'b', region: 'r', deployment: 'd', allowUnsigned: true }
  assert.deepEqual(missingMembers(unsigned), [])
})
