import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs'
import { QuaysideError } from '../core/errors.ts'
import { awsTimeouts, called } from './aws-errors.ts'

export type DelayedMessage = { readonly body: unknown; readonly delaySeconds: number }

export type Queue = {
  readonly send: (messages: readonly DelayedMessage[]) => Promise<void>
  /** Shows a message again after so many seconds instead of after its whole visibility timeout. */
  readonly showAgain: (receiptHandle: string, seconds: number) => Promise<void>
}

const batch = 10

// A request may hold so many bytes in all; each message alone is far below.
const sizeLimit = 256 * 1024

export function createQueue(queueUrl: string, config: SQSClientConfig = {}): Queue {
  const client = new SQSClient({ ...awsTimeouts, ...config })
  return {
    send: async (messages) => {
      for (const chunk of batchesOf(messages)) await sendBatch(client, queueUrl, chunk)
    },
    showAgain: async (ReceiptHandle, VisibilityTimeout) => {
      const input = { QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout }
      await called('sqs:ChangeMessageVisibility', () =>
        client.send(new ChangeMessageVisibilityCommand(input)),
      )
    },
  }
}

/** Ten messages at most, fewer where they are large. */
export function batchesOf(messages: readonly DelayedMessage[]): readonly DelayedMessage[][] {
  const batches: DelayedMessage[][] = []
  let bytes = 0
  for (const message of messages) {
    const size = Buffer.byteLength(JSON.stringify(message.body))
    const last = batches.at(-1)
    if (last !== undefined && last.length < batch && bytes + size <= sizeLimit) last.push(message)
    else {
      batches.push([message])
      bytes = 0
    }
    bytes += size
  }
  return batches
}

async function sendBatch(
  client: SQSClient,
  queueUrl: string,
  messages: readonly DelayedMessage[],
): Promise<void> {
  const Entries = messages.map(({ body, delaySeconds }, index) => ({
    Id: String(index),
    MessageBody: JSON.stringify(body),
    DelaySeconds: delaySeconds,
  }))
  const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
  const { Failed = [] } = await called('sqs:SendMessage', () => client.send(command))
  if (Failed.length > 0) {
    throw new QuaysideError(
      'AWS_FAILED',
      `sqs:SendMessage took ${Failed.length} of ${messages.length} messages not: ${Failed[0]?.Message ?? 'no reason'}.`,
    )
  }
}
