import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { AwsEvent } from './event-bus.ts'

/**
 * A rule's `send` to a queue, as EventBridge does it: the message body is the event's JSON and nothing else.
 */
export function sendToQueue(client: SQSClient, queueUrl: string): (event: AwsEvent) => Promise<unknown> {
  return (event) =>
    client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) }))
}
