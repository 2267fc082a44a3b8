import { type AwsSender, createAwsSender } from './aws.ts'
import { createCredentials } from './credentials.ts'
import { createHttpClient } from './http.ts'
import { createReleaseBucket, type ReleaseBucket } from './s3.ts'
import type { AgentSettings } from './settings.ts'
import { noTraffic, type Traffic } from './traffic.ts'

export type OpenBucket = {
  readonly bucket: ReleaseBucket
  readonly send: AwsSender
  readonly traffic: Traffic
  close(): void
}

type World = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

const timeoutMs = 5_000

/** The release bucket as this host reaches it; nothing is asked yet. */
export function openBucket(
  { region, bucket: name }: Pick<AgentSettings, 'region' | 'bucket'>,
  { env, now }: World,
): OpenBucket {
  const http = createHttpClient()
  const send = createAwsSender({ region, http, now, credentials: createCredentials(env, http, now) })
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL
  const traffic = noTraffic()
  const bucket = createReleaseBucket({ bucket: name, region, endpoint, send, timeoutMs, traffic, now })
  return { bucket, send, traffic, close: () => http.close() }
}
