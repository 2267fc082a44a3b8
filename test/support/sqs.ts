import type { TestContext } from 'node:test'
import { SendMessageCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs'
import { type LocalSqs, type SqsOptions, startSqs } from '../../local/aws/sqs.ts'

export type TestSqs = LocalSqs & {
  readonly config: SQSClientConfig
  readonly client: SQSClient
  /** Sends one message and returns its id. */
  send(body: string, delaySeconds?: number): Promise<string>
}

/** A queue with its dead-letter queue, and a client; they end with the test. */
export async function startTestSqs(t: TestContext, options: SqsOptions = {}): Promise<TestSqs> {
  const server = await startSqs(options)
  t.after(() => server.close())
  const config: SQSClientConfig = {
    endpoint: server.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
  }
  const client = new SQSClient(config)
  t.after(() => client.destroy())
  const send = async (MessageBody: string, DelaySeconds = 0): Promise<string> => {
    const command = new SendMessageCommand({ QueueUrl: server.queueUrl, MessageBody, DelaySeconds })
    return (await client.send(command)).MessageId ?? ''
  }
  return { ...server, config, client, send }
}
