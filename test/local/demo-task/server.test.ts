import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'

const program = join(import.meta.dirname, '../../../local/demo-task/server.mjs')

async function startTask(
  t: TestContext,
  grace: number,
): Promise<{ child: ChildProcess; port: number; exited: Promise<unknown[]> }> {
  const env = { NODE_NAME: 'node7', TASK_ID: 'abc', GRACE: String(grace), PORTS: '8080=0' }
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return {
    child,
    port: (JSON.parse(line) as { listening: Record<string, number> }).listening['8080']!,
    exited,
  }
}

async function ask(
  port: number,
  path: string,
  agent: Agent | false = false,
): Promise<{ response: IncomingMessage; text: string }> {
  const [response] = (await once(get({ host: '127.0.0.1', port, path, agent }), 'response')) as [
    IncomingMessage,
  ]
  return { response, text: Buffer.concat(await response.toArray()).toString() }
}

test('it answers with its node, its task id and its health', async (t) => {
  const { port } = await startTask(t, 0)
  const { response, text } = await ask(port, '/any')
  assert.deepEqual([text, response.headers['x-task-id']], ['Hello World from node7\n', 'abc'])
  assert.equal((await ask(port, '/health')).response.statusCode, 200)
})

test('without grace it refuses new connections at once, finishes requests in flight, and exits 0', async (t) => {
  const { child, port, exited } = await startTask(t, 0)
  const idle = new Agent({ keepAlive: true })
  t.after(() => idle.destroy())
  await ask(port, '/', idle)
  const slow = ask(port, '/slow?ms=200', new Agent({ keepAlive: true }))
  await new Promise((resolve) => setTimeout(resolve, 50))
  child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 50))
  await assert.rejects(ask(port, '/'), { code: 'ECONNREFUSED' })
  const { response, text } = await slow
  assert.deepEqual([text, response.headers.connection], ['Hello World from node7\n', 'close'])
  assert.deepEqual(await exited, [0, null])
})

test('a connection that never sent a request does not keep it alive', async (t) => {
  const { child, port, exited } = await startTask(t, 0)
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  child.kill('SIGTERM')
  assert.deepEqual(await exited, [0, null])
})

test('with grace it goes on serving new connections, and then exits', async (t) => {
  const { child, port, exited } = await startTask(t, 0.2)
  child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal((await ask(port, '/')).text, 'Hello World from node7\n')
  assert.deepEqual(await exited, [0, null])
})

test('it ends by itself when the process that started it is gone', async (t) => {
  const script = `
    const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, [${JSON.stringify(program)}], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    child.stdout.once('data', () => console.log(child.pid))`
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
  const pid = Number(line)
  t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'))
  parent.kill('SIGKILL')
  const deadline = Date.now() + 5000
  while (isAlive(pid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(isAlive(pid), false)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
