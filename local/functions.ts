import type { Log } from '../adapters/log.ts'
import { everyTick } from './aws/lambda/every-tick.ts'
import { pollQueue } from './aws/lambda/poll-queue.ts'
import type { Cloud } from './cloud.ts'

type Ticked = Parameters<typeof everyTick>[0]['handler']
type Polled = Parameters<typeof pollQueue>[0]['handler']

/** What is to be run, from the sources or as it is deployed, each with its time limit. */
export type PipelineHandlers = {
  readonly register: { readonly handler: Polled; readonly timeoutMs: number }
  readonly reconcile: { readonly handler: Ticked; readonly timeoutMs: number }
  readonly publish: { readonly handler: Ticked; readonly timeoutMs: number }
  close(): Promise<void>
}

export type FunctionsOptions = {
  readonly handlers: PipelineHandlers
  readonly cloud: Pick<Cloud, 'sqs'> & { readonly clients: Pick<Cloud['clients'], 'sqs'> }
  readonly log: Log
}

const minute = 60_000

/** Runs the three functions as Lambda would: the queue feeds one, schedules tick the others. `close` ends them in that order. */
export function startFunctions({ handlers, cloud, log }: FunctionsOptions): { close(): Promise<void> } {
  const failed = (line: string) => log.error('invocation-failed', { reason: line })
  const poller = pollQueue({
    sqs: cloud.clients.sqs,
    queueUrl: cloud.sqs.queueUrl,
    ...handlers.register,
    log: failed,
  })
  const ticks = (['reconcile', 'publish'] as const).map((functionName) =>
    everyTick({ periodMs: minute, ...handlers[functionName], functionName, log: failed }),
  )
  return {
    async close() {
      await Promise.all([poller.close(), ...ticks.map((ticker) => ticker.close())])
      await handlers.close()
    },
  }
}
