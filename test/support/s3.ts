import type { TestContext } from 'node:test'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Options } from '../../local/aws/s3/context.ts'
import { type LocalS3, startS3 } from '../../local/aws/s3/start.ts'

export type TestS3 = LocalS3 & { readonly bucket: string; readonly client: S3Client }

/**
 * An S3 with one bucket named `releases` (versioned unless told otherwise), and a client for it. Both end with
 * the test.
 */
export async function startTestS3(t: TestContext, options: S3Options = {}): Promise<TestS3> {
  const server = await startS3({ buckets: { releases: 'Enabled' }, ...options })
  t.after(() => server.close())
  return { ...server, bucket: 'releases', client: s3Client(t, server.url) }
}

/** A client of the SDK as it comes, without retries: a test wants to see each answer. */
export function s3Client(t: TestContext, endpoint: string, config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
    maxAttempts: 1,
    ...config,
  })
  t.after(() => client.destroy())
  return client
}

/** What a caller of the SDK sees of an error: its code and the HTTP status. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await call
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } }
    return { name, status: $metadata?.httpStatusCode }
  }
  throw new Error('the call was expected to be refused, but it succeeded')
}
