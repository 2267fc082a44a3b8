import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createAwsSender } from '../../agent/aws.ts'
import { createCredentials } from '../../agent/credentials.ts'
import { createHttpClient } from '../../agent/http.ts'
import { withRegion } from '../../agent/region.ts'
import { startScripted } from '../support/scripted-server.ts'
import { tempDir } from '../support/tmp.ts'

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
  assert.equal((await get()).accessKeyId, 'ASIA6', 'AWS, not this clock, says when they are over')
  const fresh = createCredentials(metadata.env, metadata.http, () => now)
  await assert.rejects(fresh(), /no AWS credentials/)
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

test('while no new credentials can be had the metadata service is asked every ten seconds, not with every poll', async (t) => {
  let now = Date.now()
  const metadata = await startMetadata(t, () => now)
  const get = createCredentials(metadata.env, metadata.http, () => now)
  await get()
  metadata.breakIt()
  now += hour + 1
  const before = metadata.asked.length
  for (let poll = 0; poll < 20; poll += 1) {
    await get()
    now += 1_000
  }
  assert.equal(metadata.asked.length - before, 2)
})

/** A container's credentials endpoint that tells which token it was asked with. */
async function startContainer(t: TestContext) {
  const tokens: (string | undefined)[] = []
  const { url } = await startScripted(t, (response, _count, { headers }) => {
    tokens.push(headers.authorization)
    response.end(JSON.stringify({ AccessKeyId: 'A', SecretAccessKey: 's', Token: 't' }))
  })
  const http = createHttpClient()
  t.after(() => http.close())
  return { tokens, http, env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/role` } }
}

test('a container’s token is read from its file each time, since the file is replaced', async (t) => {
  const { tokens, http, env } = await startContainer(t)
  const file = join(tempDir(t), 'token')
  const get = createCredentials({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file }, http, () => 0)
  writeFileSync(file, 'first\n')
  await get()
  writeFileSync(file, 'second\n')
  await get(true)
  assert.deepEqual(tokens, ['first', 'second'])
  const direct = createCredentials({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'word' }, http, () => 0)
  await direct()
  assert.equal(tokens.at(-1), 'word')
})

test('a token goes in plain text to this machine and the container agents only', () => {
  const http = createHttpClient()
  const at = (url: string) =>
    createCredentials({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url }, http, () => 0) === undefined
  for (const url of [
    'http://localhost/x',
    'http://127.0.0.1:80/x',
    'http://169.254.170.23/v1',
    'http://[fd00:ec2::23]/v1',
    'https://elsewhere.example/x',
  ])
    assert.equal(at(url), false)
  for (const url of ['http://elsewhere.example/x', 'http://169.254.170.2.example/', 'none'])
    assert.throws(() => at(url), /AWS_CONTAINER_CREDENTIALS_FULL_URI is /)
})

test('a region that nobody names is asked for, and one that is named is not', async (t) => {
  const { requests, url } = await startScripted(t, (response, _count, { method }) =>
    response.end(method === 'PUT' ? 'token' : 'eu-west-3\n'),
  )
  const readFile = () => '{"region":"us-east-1"}'
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: url }
  assert.equal(
    (await withRegion({ env: { ...env, QUAYSIDE_BUCKET: 'b' }, readFile })).AWS_REGION,
    'eu-west-3',
  )
  assert.equal(requests[1]?.url, '/latest/meta-data/placement/region')
  const named = [
    { ...env, QUAYSIDE_BUCKET: 'b', AWS_REGION: 'us-east-2' },
    { ...env, QUAYSIDE_AGENT_SETTINGS: '/agent.json' },
    env,
  ]
  for (const one of named) assert.equal(await withRegion({ env: one, readFile }), one)
  assert.equal(requests.length, 2)
})

test('without an answer the region stays unknown', async (t) => {
  const { url } = await startScripted(t, (response) => response.writeHead(403).end())
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, QUAYSIDE_BUCKET: 'b' }
  assert.deepEqual(await withRegion({ env, readFile: () => '' }), env)
})
