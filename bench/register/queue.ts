import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { QueueRecord } from '../../functions/register/batch.ts'
import type { RegisterHandler } from '../../functions/register/handler.ts'

export type BenchQueue = {
  /** Adds a message and wakes an instance that waits. */
  readonly push: (body: string) => void
  /** No more will come: instances end when the queue is empty. */
  readonly end: () => void
  /** Messages that were delivered again. */
  readonly redelivered: () => number
}

const batchSize = 10
const functionMs = 30_000
const shownAgainMs = 2_000
const receivesLimit = 5

/**
 * The event source mapping of a queue, without the network: each handler is one Lambda environment and gets one batch at a time;
 * a message named in `batchItemFailures` comes back after two seconds. `done` rejects when a message failed five times.
 */
export function drainQueue(
  handlers: readonly RegisterHandler[],
): BenchQueue & { readonly done: Promise<void> } {
  const waiting: (QueueRecord & { count: number })[] = []
  let position = 0
  let ended = false
  let open = 0
  let redelivered = 0
  let wake = Promise.withResolvers<void>()
  const ring = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }

  async function deliver(handler: RegisterHandler): Promise<void> {
    const batch = waiting.slice(position, position + batchSize)
    position += batch.length
    open += 1
    const deadline = Date.now() + functionMs
    const { batchItemFailures } = await handler(
      { Records: batch },
      { getRemainingTimeInMillis: () => deadline - Date.now() },
    )
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const record of batch.filter(({ messageId }) => failed.has(messageId))) {
      if (record.count >= receivesLimit)
        throw new Error(`message ${record.body.slice(0, 200)} failed five times`)
      redelivered += 1
      open += 1
      void delay(shownAgainMs).then(() => {
        open -= 1
        waiting.push({ ...record, count: record.count + 1 })
        ring()
      })
    }
    open -= 1
    if (ended && open === 0) ring()
  }

  async function instance(handler: RegisterHandler): Promise<void> {
    while (!(ended && open === 0 && position === waiting.length)) {
      if (position < waiting.length) await deliver(handler)
      else await wake.promise
    }
  }

  return {
    push: (body) => {
      const messageId = randomUUID()
      waiting.push({ messageId, receiptHandle: messageId, body, count: 1 })
      ring()
    },
    end: () => {
      ended = true
      ring()
    },
    redelivered: () => redelivered,
    done: Promise.all(handlers.map(instance)).then(() => {}),
  }
}
