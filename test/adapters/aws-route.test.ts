import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createEc2 } from '../../adapters/ec2.ts'
import { createEcs } from '../../adapters/ecs.ts'
import { createQueue } from '../../adapters/queue.ts'
import { createSsm } from '../../adapters/ssm.ts'

/** Listens and never takes a connection: once its few places are taken, nobody hears of a connection any more. */
const deafServer = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20)
  })
`

test('a missing route is an error that says so, for each client and without a hang', async (t) => {
  const worker = new Worker(deafServer, { eval: true })
  t.after(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  await new Promise((resolve) => setTimeout(resolve, 50))
  const fillers: Socket[] = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }))
  t.after(() => {
    for (const socket of fillers) socket.destroy()
  })
  for (const socket of fillers) socket.on('error', () => {})
  await new Promise((resolve) => setTimeout(resolve, 50))

  const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }
  const config = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', credentials }
  const calls = {
    ecs: () => createEcs(config).listTasks('web', 'RUNNING'),
    ec2: () => createEc2(config).hostAddresses(['i-1']),
    ssm: () => createSsm(config).managedAddresses(['mi-1']),
    sqs: () => createQueue(`http://127.0.0.1:${port}/1/q`, config).showAgain('r', 1),
  }
  await Promise.all(
    Object.entries(calls).map(async ([name, call]) => {
      const began = performance.now()
      await assert.rejects(call, { code: 'AWS_UNREACHABLE', retryable: true, message: /route/ }, name)
      t.diagnostic(`${name}: ${Math.round(performance.now() - began)} ms`)
    }),
  )
})
