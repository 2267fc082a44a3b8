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
