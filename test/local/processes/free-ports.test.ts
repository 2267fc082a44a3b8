import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { assertPortFree, freePorts } from '../../../local/processes/free-ports.ts'

test('free ports are different and can be listened on', async () => {
  const ports = await freePorts(20)
  assert.equal(new Set(ports).size, 20)
  for (const port of ports.slice(0, 3)) await assertPortFree(port, 'a test', '')
})

test('a port in use is an error that names port, use and remedy', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await assert.rejects(assertPortFree(port, 'Consul', 'Choose another.'), {
    code: 'PORT_TAKEN',
    message: `Port ${port} (Consul) on 127.0.0.1 is taken by another process. Choose another.`,
  })
})
