import type { EventPattern } from '../../../core/settings/event-patterns.ts'
import { matchesPattern } from './matches-pattern.ts'

/** The envelope that every event of an AWS service has. */
export type AwsEvent = {
  readonly version: string
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: unknown
}

export type Rule = {
  readonly name: string
  readonly pattern: EventPattern
  send(event: AwsEvent): Promise<unknown>
}

export type EventBus = {
  /** Offers an event to every rule; resolves with the names of those that matched, once all have taken it. */
  put(event: AwsEvent): Promise<string[]>
}

type Sender = { send(event: AwsEvent): Promise<unknown> }

/** How long to wait before each further delivery to a target that failed; EventBridge goes on for a day. */
const defaultRetryDelaysMs = [50, 200, 1000, 5000]

/**
 * A bus with rules. A target that fails is tried again; what no attempt could deliver goes to `onDropped`, like
 * a rule's DLQ.
 */
export function createEventBus(options: {
  readonly rules: readonly Rule[]
  readonly retryDelaysMs?: readonly number[]
  readonly onDropped?: (rule: string, event: AwsEvent, error: unknown) => void
}): EventBus {
  const { rules, retryDelaysMs = defaultRetryDelaysMs, onDropped } = options
  return {
    put: async (event) => {
      const matching = rules.filter(({ pattern }) => matchesPattern(pattern, event))
      await Promise.all(
        matching.map((rule) =>
          deliver(rule, event, retryDelaysMs).catch((error: unknown) => onDropped?.(rule.name, event, error)),
        ),
      )
      return matching.map(({ name }) => name)
    },
  }
}

async function deliver(target: Sender, event: AwsEvent, retryDelaysMs: readonly number[]): Promise<void> {
  for (const waitMs of retryDelaysMs) {
    try {
      await target.send(event)
      return
    } catch {
      await new Promise<void>((resolve) => setTimeout(resolve, waitMs).unref())
    }
  }
  await target.send(event)
}
