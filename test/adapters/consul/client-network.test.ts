import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import type { ConsulAccess } from '../../../adapters/consul/access.ts'
import { createConsulClient } from '../../../adapters/consul/client.ts'
import { startTestConsul } from '../../support/consul.ts'
import { accessOf } from '../../support/register.ts'
import { startScripted } from '../../support/scripted-server.ts'

const leader = { method: 'GET', path: '/v1/status/leader' } as const

function openClient(t: TestContext, access: ConsulAccess, options = {}) {
  const client = createConsulClient(async () => access, options)
  t.after(() => client.close())
  return client
}

/** A server on one of the loopback addresses, so that a name can mean several machines with the same port. */
async function serve(
  t: TestContext,
  host: string,
  port = 0,
): Promise<{ port: number; server: Server; count: () => number }> {
  let count = 0
  const server = createServer((_request, response) => {
    count += 1
    response.setHeader('content-type', 'application/json').end(JSON.stringify(host))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server, count: () => count }
}

/** Answers with these addresses, whoever asks; `current` may be changed. */
function nameService(first: readonly string[]) {
  const names = { current: first, asked: 0 }
  const lookup: LookupFunction = (_name, options, callback) => {
    names.asked += 1
    const found = names.current.map((address) => ({ address, family: 4 }))
    if (options.all) callback(null, found)
    else callback(null, found[0]?.address ?? '', 4)
  }
  return { names, lookup }
}

test('of a name with several addresses the next one is tried where one refuses', async (t) => {
  const { port } = await serve(t, '127.0.0.3')
  const { lookup } = nameService(['127.0.0.2', '127.0.0.3'])
  const client = openClient(t, { addresses: [`http://consul.test:${port}`] }, { lookup })
  assert.equal((await client.request(leader)).body, '127.0.0.3')
})

test('a name is looked up again when its server is gone', async (t) => {
  const old = await serve(t, '127.0.0.2')
  await serve(t, '127.0.0.3', old.port)
  const { names, lookup } = nameService(['127.0.0.2'])
  const client = openClient(t, { addresses: [`http://consul.test:${old.port}`] }, { lookup })
  assert.equal((await client.request(leader)).body, '127.0.0.2')
  names.current = ['127.0.0.3']
  old.server.closeAllConnections()
  old.server.close()
  assert.equal((await client.request(leader)).body, '127.0.0.3')
  assert.ok(names.asked >= 2)
})

test('over plain HTTP no more connections are opened than allowed, however many requests wait', async (t) => {
  const sockets = new Set<Socket>()
  const server = createServer((_request, response) => setTimeout(() => response.end('"x"'), 2))
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const addresses = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]
  const client = openClient(t, { addresses }, { connections: 8 })
  await Promise.all(Array.from({ length: 500 }, () => client.request(leader)))
  assert.ok(sockets.size <= 8, `${sockets.size} connections`)
})

test('over TLS five hundred requests share few connections', async (t) => {
  const consul = await startTestConsul(t)
  const client = openClient(t, accessOf(consul), { connections: 4 })
  let connected = 0
  const count = () => {
    connected += 1
  }
  subscribe('undici:client:connected', count)
  t.after(() => unsubscribe('undici:client:connected', count))
  const answers = await Promise.all(Array.from({ length: 500 }, () => client.request(leader)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 500)
  assert.ok(connected >= 1 && connected <= 4, `${connected} connections`)
})

test('no failure shows the token, however deep one looks into it', async (t) => {
  const token = 'b1gs3cr3t-0000'
  const statuses = [403, 429, 500, 503, 400]
  const failures: unknown[] = []
  for (const status of statuses) {
    const { url } = await startScripted(t, (response) => response.writeHead(status).end('some words'))
    const client = openClient(t, { addresses: [url], token })
    failures.push(await client.request({ ...leader, retry: false }).catch((error: unknown) => error))
  }
  const refused = openClient(t, { addresses: ['http://127.0.0.1:1'], token })
  failures.push(await refused.request({ ...leader, retry: false }).catch((error: unknown) => error))
  const { url } = await startScripted(t, () => {})
  const late = openClient(t, { addresses: [url], token }, { timeoutMs: 50 })
  failures.push(await late.request(leader).catch((error: unknown) => error))
  for (const failure of failures) {
    assert.ok(failure instanceof Error)
    assert.equal(inspect(failure, { showHidden: true, depth: 30 }).includes(token), false, failure.message)
    assert.equal(JSON.stringify(failure).includes(token), false)
  }
  assert.equal(inspect(refused, { showHidden: true, depth: 30 }).includes(token), false)
})

test('a hundred requests that are refused at once read the token anew together', async (t) => {
  let token = 'old'
  let reads = 0
  const { url } = await startScripted(t, (response, _count, request) => {
    const isGood = request.headers['x-consul-token'] === 'new'
    response.writeHead(isGood ? 200 : 403).end(isGood ? '"x"' : 'Permission denied')
  })
  let known: Promise<ConsulAccess> | null = null
  const provider = (fresh = false): Promise<ConsulAccess> => {
    if (fresh && token === 'old') {
      token = 'new'
      known = null
    }
    known ??= Promise.resolve().then(() => {
      reads += 1
      return { addresses: [url], token }
    })
    return known
  }
  const client = createConsulClient(provider, { connections: 8 })
  t.after(() => client.close())
  const answers = await Promise.all(Array.from({ length: 100 }, () => client.request(leader)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 100)
  assert.equal(reads, 2)
})
