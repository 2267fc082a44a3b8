import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { childrenOf, isAlive } from '../../../adapters/process-table.ts'
import { eventually } from '../../support/eventually.ts'
import { startTestNginx } from '../../support/nginx.ts'
import { freePort, freePorts } from '../../support/ports.ts'

const answering = (port: number, text: string) =>
  `server { listen 127.0.0.1:${port}; return 200 "${text}"; }\n`
const bodyOf = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`)).text()

test('a new host runs its workers with empty entry files and listens on nothing', async (t) => {
  const nginx = await startTestNginx(t, { workers: 3 })
  const titles = (await childrenOf(nginx.pid)).map(({ title }) => title)
  assert.deepEqual(titles, Array(3).fill('nginx: worker process'))
  assert.equal(Number(readFileSync(nginx.pidFile, 'utf8')), nginx.pid)
  for (const entry of Object.values(nginx.entries)) assert.equal(readFileSync(entry, 'utf8'), '')
})

test('after HUP it serves what the entry files of both contexts say', async (t) => {
  const nginx = await startTestNginx(t)
  const [http = 0, stream = 0] = await freePorts(2)
  writeFileSync(nginx.entries.http, answering(http, 'hello'))
  const entry = nginx.entries.stream ?? assert.fail('this nginx has no stream module')
  writeFileSync(entry, `server { listen 127.0.0.1:${stream}; return "raw"; }\n`)
  nginx.hup()
  await eventually('the new route', async () => (await bodyOf(http).catch(() => '')) === 'hello')
  const raw = await new Promise<string>((resolve, reject) => {
    connect(stream, '127.0.0.1')
      .once('data', (data) => resolve(data.toString()))
      .once('error', reject)
  })
  assert.equal(raw, 'raw')
  assert.match(readFileSync(nginx.errorLog, 'utf8'), /\[notice\].*reconfiguring/)
})

test('a restart keeps the folder and serves the same', async (t) => {
  const nginx = await startTestNginx(t)
  const port = await freePort()
  writeFileSync(nginx.entries.http, answering(port, 'again'))
  const before = nginx.pid
  await nginx.restart()
  assert.notEqual(nginx.pid, before)
  assert.equal(await bodyOf(port), 'again')
})

test('two hosts run side by side, each in its own folder', async (t) => {
  const [a, b] = await Promise.all([startTestNginx(t), startTestNginx(t)])
  assert.notEqual(dirname(a.mainConf), dirname(b.mainConf))
  await a.stop()
  assert.deepEqual([a.running(), b.running()], [false, true])
})

test('quitting lets a request in flight end', async (t) => {
  const nginx = await startTestNginx(t)
  const [port = 0, slow = 0] = await freePorts(2)
  const config = `server { listen 127.0.0.1:${slow}; limit_rate 2000; location / { return 200 "${'x'.repeat(3000)}"; } }\n`
  writeFileSync(nginx.entries.http, answering(port, 'x') + config)
  nginx.hup()
  await eventually('the new route', async () => (await bodyOf(port).catch(() => '')) === 'x')
  const response = await fetch(`http://127.0.0.1:${slow}/`)
  const [, text] = await Promise.all([nginx.quit(), response.text()])
  assert.equal(text.length, 3000)
})

test('killing leaves neither master nor workers', async (t) => {
  const nginx = await startTestNginx(t)
  const pids = [nginx.pid, ...(await childrenOf(nginx.pid)).map(({ pid }) => pid)]
  await nginx.kill()
  for (const pid of pids) await eventually(`the end of ${pid}`, async () => !(await isAlive(pid)))
})

test('a port in use is an error that names it', async (t) => {
  const first = await startTestNginx(t)
  const port = await freePort()
  writeFileSync(first.entries.http, answering(port, 'x'))
  await first.restart()
  await assert.rejects(startTestNginx(t, { entryFolder: dirname(first.entries.http) }), {
    code: 'PORT_TAKEN',
    message: new RegExp(`nginx can't listen on port ${port}: Address already in use`),
  })
})

test("any other configuration that nginx refuses is an error with nginx's own words", async (t) => {
  const nginx = await startTestNginx(t)
  writeFileSync(nginx.entries.http, 'servr { }\n')
  await assert.rejects(nginx.restart(), {
    code: 'HOST_TEST_FAILED',
    message: /nginx did not start: .*unknown directive "servr" in .*quayside\.http\.conf:1/,
  })
  assert.ok(existsSync(nginx.errorLog))
})
