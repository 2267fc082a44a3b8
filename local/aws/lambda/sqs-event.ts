import type { Message } from '@aws-sdk/client-sqs'

/** The event that Lambda hands to a function behind a queue. */
export type SqsEvent = { readonly Records: readonly SqsRecord[] }

export type SqsRecord = {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, SqsAttribute>>
  readonly md5OfBody: string
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
  readonly awsRegion: string
}

type SqsAttribute = { readonly stringValue?: string; readonly dataType: string }

export type SqsBatchResponse = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }

export function toSqsEvent(messages: readonly Message[], queueArn: string): SqsEvent {
  return { Records: messages.map((message) => toRecord(message, queueArn)) }
}

function toRecord(message: Message, queueArn: string): SqsRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: (message.Attributes ?? {}) as Record<string, string>,
    messageAttributes: attributesOf(message),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3] ?? '',
  }
}

function attributesOf({ MessageAttributes = {} }: Message): Record<string, SqsAttribute> {
  return Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue, DataType = 'String' }]) => [
      name,
      { ...(StringValue === undefined ? {} : { stringValue: StringValue }), dataType: DataType },
    ]),
  )
}
