import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createAwsSender } from '../../agent/aws.ts'
import { createCredentials } from '../../agent/credentials.ts'
import { createHttpClient } from '../../agent/http.ts'

const hour = 3_600_000

/** An instance metadata service that wants a token, and gives credentials that end an hour after `now`. */
async function startMetadata(t: TestContext, now: () => number) {
  const asked: string[] = []
  let broken = false
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const role = '/latest/meta-data/iam/security-credentials/'
    const authorized = request.headers['x-aws-ec2-metadata-token'] === 'secret-token'
    if (broken) response.writeHead(500).end()
    else if (request.method === 'PUT' && request.url === '/latest/api/token') response.end('secret-token')
    else if (!authorized) response.writeHead(401).end()
    else if (request.url === role) response.end('lb-host\n')
    else if (request.url === `${role}lb-host`)
      response.end(
        JSON.stringify({
          AccessKeyId: `ASIA${asked.length}`,
          SecretAccessKey: 's',
          Token: 't',
          Expiration: new Date(now() + hour).toISOString(),
        }),
      )
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const http = createHttpClient()
  t.after(() => http.close())
  const env = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
  const breakIt = () => {
    broken = true
  }
  return { asked, env, http, breakIt }
}

test('keys of the environment come first, with their session token', async (t) => {
  const http = createHttpClient()
  t.after(() => http.close())
  const env = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B', AWS_SESSION_TOKEN: 'C' }
  const credentials = await createCredentials(env, http, () => 0)()
  assert.deepEqual(credentials, { accessKeyId: 'A', secretAccessKey: 'B', sessionToken: 'C' })
})

test("the instance's role is asked for with a token, once, also by callers at the same time", async (t) => {
  const metadata = await startMetadata(t, () => Date.now())
  const get = createCredentials(metadata.env, metadata.http, () => Date.now())
  const [first, second] = await Promise.all([get(), get()])
  assert.equal(first?.accessKeyId, 'ASIA3')
  assert.equal(second, first)
  assert.equal((await get()).accessKeyId, 'ASIA3')
  assert.equal(metadata.asked.length, 3)
})

test('credentials are renewed five minutes before their end, and serve on while that fails', async (t) => {
  let now = Date.now()
  const metadata = await startMetadata(t, () => now)
  const get = createCredentials(metadata.env, metadata.http, () => now)
  await get()
  now += hour - 299_000
  assert.equal((await get()).accessKeyId, 'ASIA6')
  metadata.breakIt()
  now += hour - 299_000
  assert.equal((await get()).accessKeyId, 'ASIA6')
  now += 300_000
  await assert.rejects(get(), /no AWS credentials/)
})

test('credentials that AWS calls expired are replaced, whatever the clock of the host says', async (t) => {
  const now = () => Date.now()
  const metadata = await startMetadata(t, now)
  const used: string[] = []
  const server = createServer((request, response) => {
    used.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '')
    if (used.length > 1) response.end('content')
    else response.writeHead(400).end('<Error><Code>ExpiredToken</Code></Error>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { http } = metadata
  const credentials = createCredentials(metadata.env, http, now)
  const send = createAwsSender({ region: 'eu-central-1', http, now, credentials })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/key`)
  const reply = await send('s3', { method: 'GET', url, headers: {}, timeoutMs: 2_000, maxBytes: 100 })
  assert.equal(reply.body.toString(), 'content')
  assert.deepEqual(used, ['ASIA3', 'ASIA6'])
})
