import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs'
import { explain } from '../../../core/errors.ts'
import { invoke, type LambdaContext } from './context.ts'
import { type SqsBatchResponse, type SqsEvent, toSqsEvent } from './sqs-event.ts'

export type QueuePoller = {
  /** Stops receiving at once, lets handlers that run finish, and resolves when they have. */
  close(): Promise<void>
}

export type PollOptions = {
  readonly sqs: SQSClientConfig
  readonly queueUrl: string
  readonly queueArn?: string
  readonly handler: (event: SqsEvent, context: LambdaContext) => Promise<SqsBatchResponse | undefined>
  readonly functionName?: string
  readonly batchSize?: number
  /** How many batches run at a time. */
  readonly concurrency?: number
  readonly timeoutMs?: number
  /** Called with one line for each failure that the queue's redelivery will repair. */
  readonly log?: (line: string) => void
}

/**
 * Lambda's event source mapping for a queue: hands batches to the handler, deletes the messages that succeeded
 * and leaves those named in `batchItemFailures` to their visibility timeout. A handler that throws, or answers
 * in a shape Lambda doesn't accept, fails its whole batch.
 */
export function pollQueue(options: PollOptions): QueuePoller {
  const client = new SQSClient(options.sqs)
  const stop = new AbortController()
  const pollers = Array.from({ length: options.concurrency ?? 2 }, () =>
    pollUntil(stop.signal, client, options),
  )
  return {
    close: async () => {
      stop.abort()
      await Promise.all(pollers)
      client.destroy()
    },
  }
}

async function pollUntil(stopped: AbortSignal, client: SQSClient, options: PollOptions): Promise<void> {
  while (!stopped.aborted) {
    try {
      const messages = await receive(stopped, client, options)
      if (messages.length > 0) await process(messages, client, options)
    } catch (error) {
      if (stopped.aborted) return
      options.log?.(`polling ${options.queueUrl} failed, trying again: ${explain(error)}`)
      await pause(250, stopped)
    }
  }
}

async function receive(stopped: AbortSignal, client: SQSClient, options: PollOptions): Promise<Message[]> {
  // A poll that is cut off at the client goes on at the server, where it can swallow a message until the
  // visibility timeout ends. Short polls keep that window small for whoever polls this queue next; a waiting
  // poll still answers at once.
  const command = new ReceiveMessageCommand({
    QueueUrl: options.queueUrl,
    MaxNumberOfMessages: options.batchSize ?? 10,
    WaitTimeSeconds: 1,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  const { Messages = [] } = await client.send(command, { abortSignal: stopped })
  return Messages
}

async function process(messages: Message[], client: SQSClient, options: PollOptions): Promise<void> {
  const failed = await failedIds(messages, options)
  const done = messages.filter(({ MessageId }) => !failed.has(MessageId ?? ''))
  if (done.length === 0) return
  const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
  await client.send(new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries }))
}

/** The ids of the messages that did not succeed: those the handler names, or all of them. */
async function failedIds(messages: Message[], options: PollOptions): Promise<Set<string>> {
  const all = new Set(messages.map(({ MessageId }) => MessageId ?? ''))
  const {
    functionName = 'register',
    timeoutMs = 30_000,
    queueArn = 'arn:aws:sqs:eu-central-1:000000000000:queue',
  } = options
  try {
    const event = toSqsEvent(messages, queueArn)
    const response = await invoke(options.handler, event, { functionName, timeoutMs })
    const named = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier)
    // Lambda takes an empty or unknown identifier as a failure of the whole batch.
    return named.every((id) => all.has(id)) ? new Set(named) : all
  } catch (error) {
    options.log?.(`${functionName} failed for ${messages.length} messages: ${explain(error)}`)
    return all
  }
}

async function pause(ms: number, stopped: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  stopped.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}
