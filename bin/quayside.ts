#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { awsTimeouts } from '../adapters/aws-errors.ts'
import { openReleases } from '../adapters/releases.ts'
import { explain, QuaysideError } from '../core/errors.ts'
import { describeChannel } from '../core/release/describe-channel.ts'
import { parsePointer } from '../core/release/parse-pointer.ts'

const usage = 'usage: quayside status --bucket <release bucket> [--channel current]'

async function status(bucket: string, channel: string): Promise<readonly string[]> {
  const s3 = new S3Client(awsTimeouts)
  const stored = await openReleases(s3, bucket).readPointer(channel)
  if (stored === null) return [`channel: ${channel}`, 'nothing was published yet']
  return describeChannel(parsePointer(stored.content).pointer, Date.now())
}

async function run(args: readonly string[]): Promise<readonly string[]> {
  const options = { bucket: { type: 'string' }, channel: { type: 'string', default: 'current' } } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (positionals.join(' ') !== 'status' || values.bucket === undefined)
    throw new QuaysideError('SETTINGS_INVALID', usage)
  return status(values.bucket, values.channel)
}

try {
  for (const line of await run(process.argv.slice(2))) console.log(line)
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n${usage}` : explain(error))
  process.exitCode = 1
}
