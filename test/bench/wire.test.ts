import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { readKeys, runTxn } from '../../adapters/consul/txn.ts'
import { recordWire, writesOf } from '../../bench/wire.ts'
import { setOp } from '../../core/txn/op.ts'
import { startTestConsul } from '../support/consul.ts'
import { accessOf } from '../support/register.ts'

test('a read writes nothing, a transaction writes each of its operations, any other request itself', async (t) => {
  const access = accessOf(await startTestConsul(t))
  const client = createConsulClient(async () => access)
  t.after(() => client.close())
  const wire = recordWire()
  await readKeys(client, ['a', 'b'])
  await client.request({ method: 'GET', path: '/v1/catalog/services' })
  await runTxn(client, [setOp('a', '1'), setOp('b', '2')])
  await client.request({ method: 'PUT', path: '/v1/kv/c', body: '3' })
  const requests = wire.stop()
  await client.request({ method: 'PUT', path: '/v1/kv/d', body: '4' })
  assert.deepEqual(
    requests.map((request) => writesOf(request).map(({ what, key }) => `${what} ${key}`)),
    [[], [], ['KV set a', 'KV set b'], ['PUT /v1/kv/c c']],
  )
})
