import { setTimeout as delay } from 'node:timers/promises'
import { get } from '../../local/script/get.ts'
import type { Target } from '../../local/script/traffic.ts'

export type Observer = {
  /** When the first and the last answer of the task came through this host; Unix milliseconds. */
  firstSeen(taskId: string): number | null
  lastSeen(taskId: string): number | null
  stop(): Promise<void>
}

const pauseMs = 2

/** Asks a host without pause, each time on a new connection, and notes which task answers when. */
export function observe(target: Target): Observer {
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  const stopping = new AbortController()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const answer = await get(target.url, target.hostName, false).catch(() => null)
      const now = Date.now()
      if (answer?.taskId != null) {
        if (!first.has(answer.taskId)) first.set(answer.taskId, now)
        last.set(answer.taskId, now)
      }
      await delay(pauseMs)
    }
  }

  const running = run()
  return {
    firstSeen: (taskId) => first.get(taskId) ?? null,
    lastSeen: (taskId) => last.get(taskId) ?? null,
    async stop() {
      stopping.abort()
      await running
    },
  }
}
