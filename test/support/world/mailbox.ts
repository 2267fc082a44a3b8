import type { QueueRecord } from '../../../functions/register/batch.ts'

export type Message = { readonly id: string; readonly body: string; visibleAt: number; receives: number }

/** A queue that delivers at least once and in any order; a message that fails is shown again later. */
export function createMailbox(now: () => number) {
  let messages: Message[] = []
  let count = 0

  function put(body: string, delaySeconds = 0): void {
    messages.push({ id: `m${++count}`, body, visibleAt: now() + delaySeconds * 1_000, receives: 0 })
  }

  return {
    put,
    all: () => messages,
    /** Up to ten of those that can be seen, chosen by number; hidden from other receivers meanwhile. */
    receive: (picks: readonly number[]): readonly Message[] => {
      const visible = messages.filter(({ visibleAt }) => visibleAt <= now())
      const chosen = [...new Set(picks.map((pick) => visible[pick % Math.max(1, visible.length)]))]
      const taken = chosen.flatMap((message) => message ?? [])
      for (const message of taken) {
        message.visibleAt = now() + 60_000
        message.receives += 1
      }
      return taken
    },
    acknowledge: (ids: ReadonlySet<string>) => {
      messages = messages.filter(({ id }) => !ids.has(id))
    },
    showAgain: (id: string, seconds: number) => {
      for (const message of messages) if (message.id === id) message.visibleAt = now() + seconds * 1_000
    },
    drop: (number: number) => {
      if (messages.length > 0) messages.splice(number % messages.length, 1)
    },
    duplicate: (number: number) => {
      const message = messages[number % Math.max(1, messages.length)]
      if (message !== undefined) put(message.body)
    },
  }
}

export function recordOf({ id, body, receives }: Message): QueueRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: { ApproximateReceiveCount: String(receives) },
  }
}
