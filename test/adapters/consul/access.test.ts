import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConsulAccess } from '../../../adapters/consul/access.ts'

test('a secret is read with its addresses as origins', () => {
  const text = JSON.stringify({ addresses: ['https://consul.internal:8501/'], token: 't', serverName: 's' })
  assert.deepEqual(parseConsulAccess(text, 'id'), {
    addresses: ['https://consul.internal:8501'],
    token: 't',
    serverName: 's',
  })
})

test('an error names the secret and the field and never shows a value', () => {
  const cases: [string, RegExp][] = [
    ['hunter2', /secret id is not a JSON object/],
    ['{"token":"hunter2"}', /"addresses" must list/],
    ['{"addresses":["consul:8501"],"token":"hunter2"}', /"addresses" must list/],
    ['{"addresses":["http://c:8500"],"token":["hunter2"]}', /"token" must be a text/],
    ['{"addresses":["http://c:8500"],"cert":"hunter2"}', /only one of "cert" and "key"/],
  ]
  for (const [text, message] of cases) {
    assert.throws(
      () => parseConsulAccess(text, 'id'),
      (error: Error & { code?: string }) =>
        error.code === 'SETTINGS_INVALID' &&
        message.test(error.message) &&
        !error.message.includes('hunter2'),
    )
  }
})

test('what the config file says of the servers wins over the secret', () => {
  const servers = { addresses: ['https://named:8501'], serverName: null }
  const secret = { addresses: ['https://old:8501'], serverName: 'server.dc1.consul', token: 't' }
  const { addresses, serverName, token } = parseConsulAccess(JSON.stringify(secret), 's', servers)
  assert.deepEqual([addresses, serverName, token], [['https://named:8501'], 'server.dc1.consul', 't'])
  assert.deepEqual(parseConsulAccess('{"token": "t"}', 's', servers).addresses, ['https://named:8501'])
  assert.equal(
    parseConsulAccess(JSON.stringify(secret), 's', { ...servers, serverName: 'own' }).serverName,
    'own',
  )
})

test('addresses may be one text with commas, and each is told once', () => {
  const access = parseConsulAccess(
    JSON.stringify({ addresses: 'https://a:8501, https://b:8501/,https://a:8501' }),
    's',
  )
  assert.deepEqual(access.addresses, ['https://a:8501', 'https://b:8501'])
  const six = parseConsulAccess(JSON.stringify({ addresses: ['https://[fd00::1]:8501'] }), 's')
  assert.deepEqual(six.addresses, ['https://[fd00::1]:8501'])
})

test('an address with a path or a password is refused, without showing it', () => {
  for (const address of ['https://a:8501/consul', 'https://user:hunter2@a:8501']) {
    const text = JSON.stringify({ addresses: [address] })
    assert.throws(
      () => parseConsulAccess(text, 's'),
      (error: Error) =>
        /without a path or password/.test(error.message) && !error.message.includes('hunter2'),
    )
  }
})

test('tokens of clusters have names, and none of them is shown', () => {
  const { tokens } = parseConsulAccess(
    JSON.stringify({ addresses: ['https://a'], tokens: { shop: 'hunter2' } }),
    's',
  )
  assert.deepEqual(tokens, { shop: 'hunter2' })
  for (const wrong of [['hunter2'], { shop: '' }, { shop: 5 }, 'hunter2', {}]) {
    const text = JSON.stringify({ addresses: ['https://a'], tokens: wrong })
    assert.throws(
      () => parseConsulAccess(text, 's'),
      (error: Error) => /"tokens" must be/.test(error.message) && !error.message.includes('hunter2'),
    )
  }
})
