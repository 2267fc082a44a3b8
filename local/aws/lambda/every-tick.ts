import { randomUUID } from 'node:crypto'
import { explain } from '../../../core/errors.ts'
import { invoke, type LambdaContext } from './context.ts'

export type Ticker = {
  /** Starts no more ticks and resolves when the running ones have ended, or after `graceMs`. */
  close(graceMs?: number): Promise<void>
  /** Runs one more invocation now, beside whatever runs. */
  tickNow(): Promise<void>
}

export type ScheduledEvent = {
  readonly 'detail-type': 'Scheduled Event'
  readonly source: 'aws.events'
  readonly id: string
  readonly time: string
}

/**
 * A schedule that invokes a function: at once, then each period. As in Lambda, a tick doesn't wait for the one
 * before, so long ones overlap. `signal` ends when the schedule closes, for handlers that would run much longer
 * than anybody wants to wait here.
 */
export function everyTick(options: {
  readonly periodMs: number
  readonly timeoutMs: number
  readonly handler: (event: ScheduledEvent, context: LambdaContext, signal: AbortSignal) => Promise<unknown>
  readonly functionName?: string
  readonly log?: (line: string) => void
}): Ticker {
  const { periodMs, timeoutMs, handler, functionName = 'scheduled', log } = options
  const stop = new AbortController()
  const running = new Set<Promise<void>>()
  const tick = async (): Promise<void> => {
    try {
      const call = (event: ScheduledEvent, context: LambdaContext) => handler(event, context, stop.signal)
      await invoke(call, scheduledEvent(), { functionName, timeoutMs })
    } catch (error) {
      log?.(`${functionName} failed: ${explain(error)}`)
    }
  }
  const start = (): Promise<void> => {
    const run = tick().finally(() => running.delete(run))
    running.add(run)
    return run
  }
  const timer = setInterval(() => void start(), periodMs)
  void start()
  return {
    tickNow: start,
    close: async (graceMs = 2000) => {
      clearInterval(timer)
      stop.abort()
      const grace = Promise.withResolvers<void>()
      const graceTimer = setTimeout(grace.resolve, graceMs)
      await Promise.race([Promise.all(running), grace.promise])
      clearTimeout(graceTimer)
    },
  }
}

function scheduledEvent(): ScheduledEvent {
  return {
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    id: randomUUID(),
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}
