import { type ChildProcess, fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { withTimeout } from '../timeout.ts'
import type { Expected } from './changes.ts'
import type { FromPublisher, ToPublisher } from './publisher-messages.ts'
import { clockMs, type Subject } from './subject.ts'

export type PublisherSubject = Subject & {
  /** From the handler's start, without that of Node. */
  readonly handlerMs: number
  /** Warnings and errors that it logged. */
  readonly complaints: readonly string[]
}

const coldLimitMs = 120_000
const stopLimitMs = 10_000

/** Starts the publisher; resolves when it has rendered `endpoints` servers for the first time. */
export async function startPublisher(
  access: ConsulAccess,
  s3: string,
  endpoints: number,
): Promise<PublisherSubject> {
  const began = clockMs()
  const child = fork(new URL('./publisher-process.ts', import.meta.url), {
    // Standard output is the result's alone.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const replies = listen(child)
  const privateKey = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  send(child, { kind: 'start', access, s3, privateKey, endpoints })
  const complete = await withTimeout(replies.complete, coldLimitMs, 'the publisher did not render').catch(
    async (error) => {
      await stop(child)
      throw new Error([error.message, ...replies.complaints].join('\n'))
    },
  )
  let expectations = 0
  return {
    name: 'the publisher',
    pid: child.pid ?? 0,
    coldMs: complete.at - began,
    handlerMs: complete.at - complete.handlerAt,
    complaints: replies.complaints,
    rendered: (expected: Expected) => {
      expectations += 1
      const rendered = replies.rendered(expectations)
      send(child, { kind: 'expect', id: expectations, expected })
      return rendered
    },
    stop: () => stop(child),
  }
}

function listen(child: ChildProcess) {
  const complaints: string[] = []
  const complete = Promise.withResolvers<Extract<FromPublisher, { kind: 'complete' }>>()
  const waiting = new Map<number, PromiseWithResolvers<number>>()
  child.on('message', (message: FromPublisher) => {
    if (message.kind === 'complaint') complaints.push(message.line)
    if (message.kind === 'complete') complete.resolve(message)
    if (message.kind === 'rendered') waiting.get(message.id)?.resolve(message.at)
  })
  child.once('exit', (code, signal) => {
    const error = new Error(`the publisher ended with ${signal ?? code}`)
    for (const { reject } of [complete, ...waiting.values()]) reject(error)
  })
  return {
    complaints,
    complete: complete.promise,
    rendered: (id: number) => {
      const one = Promise.withResolvers<number>()
      waiting.set(id, one)
      return one.promise
    },
  }
}

function send(child: ChildProcess, message: ToPublisher): void {
  child.send(message)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) send(child, { kind: 'stop' })
  await withTimeout(exited, stopLimitMs, 'the publisher did not stop').catch(() => child.kill('SIGKILL'))
  if (child.exitCode === null && child.signalCode === null) await exited
}
