import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { consulFromEnvironment } from '../../bin/commands/consul-environment.ts'
import { tempDir } from '../support/tmp.ts'

const addressOf = (CONSUL_HTTP_ADDR: string, CONSUL_HTTP_SSL?: string) =>
  consulFromEnvironment({ CONSUL_HTTP_ADDR, CONSUL_HTTP_SSL }).addresses[0]

test('an address is read as the consul command reads it', () => {
  assert.deepEqual(consulFromEnvironment({}), { addresses: ['http://127.0.0.1:8500'] })
  assert.equal(addressOf('consul.internal:8500'), 'http://consul.internal:8500')
  assert.equal(addressOf('consul.internal:8501', 'true'), 'https://consul.internal:8501')
  assert.equal(addressOf('http://consul.internal:8500', 'true'), 'http://consul.internal:8500')
  assert.equal(addressOf('https://consul.internal'), 'https://consul.internal')
  assert.equal(addressOf('[::1]:8500'), 'http://[::1]:8500')
})

test('token, certificates and server name come from their variables, a token file before the token', (t) => {
  const folder = tempDir(t)
  const file = (name: string) => {
    const path = join(folder, name)
    writeFileSync(path, `${name}\n`)
    return path
  }
  const env = {
    CONSUL_HTTP_ADDR: 'https://consul.internal:8501',
    CONSUL_HTTP_TOKEN: 'from-variable',
    CONSUL_CACERT: file('ca'),
    CONSUL_CLIENT_CERT: file('cert'),
    CONSUL_CLIENT_KEY: file('key'),
    CONSUL_TLS_SERVER_NAME: 'server.dc1.consul',
  }
  assert.deepEqual(consulFromEnvironment(env), {
    addresses: ['https://consul.internal:8501'],
    token: 'from-variable',
    ca: 'ca\n',
    cert: 'cert\n',
    key: 'key\n',
    serverName: 'server.dc1.consul',
  })
  assert.equal(consulFromEnvironment({ ...env, CONSUL_HTTP_TOKEN_FILE: file('token') }).token, 'token')
})

test('what cannot be done is refused with the name of the variable, and never shows a secret', () => {
  const wrong = {
    CONSUL_HTTP_ADDR: ['unix:///run/consul.sock', 'http://consul.internal/prefix', 'http://:x y'],
    CONSUL_HTTP_AUTH: ['user:secret'],
    CONSUL_HTTP_SSL_VERIFY: ['false', '0'],
    CONSUL_CAPATH: ['/etc/consul'],
    CONSUL_CACERT: ['/nowhere/ca.pem'],
    CONSUL_HTTP_TOKEN_FILE: ['/nowhere/token'],
    CONSUL_CLIENT_KEY: [import.meta.filename],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const told = new RegExp(name === 'CONSUL_CLIENT_KEY' ? 'CONSUL_CLIENT_CERT' : name)
      assert.throws(() => consulFromEnvironment({ [name]: value }), {
        code: 'SETTINGS_INVALID',
        message: told,
      })
    }
  }
  assert.throws(
    () => consulFromEnvironment({ CONSUL_HTTP_AUTH: 'user:secret' }),
    (error) => !/user|secret/.test(String(error)),
  )
})

test('namespace and partition are those of the consul command', () => {
  const { namespace, partition } = consulFromEnvironment({ CONSUL_NAMESPACE: 'shop', CONSUL_PARTITION: 'eu' })
  assert.deepEqual([namespace, partition], ['shop', 'eu'])
})
