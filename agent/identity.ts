import { QuaysideError } from '../core/errors.ts'
import { type AwsSender, awsError } from './aws.ts'

/**
 * The host's `aws:userid` (`<role id>:<instance id>`), under which alone a policy lets it write its report. Only STS tells the role id.
 * Throws AWS_* errors.
 */
export async function fetchUserId(
  send: AwsSender,
  region: string,
  endpoint: string | undefined,
): Promise<string> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const url = new URL(endpoint ?? `https://sts.${region}.${suffix}`)
  url.search = 'Action=GetCallerIdentity&Version=2011-06-15'
  const reply = await send('sts', { method: 'GET', url, headers: {}, timeoutMs: 5_000, maxBytes: 65_536 })
  if (reply.status !== 200) throw awsError('GetCallerIdentity', reply)
  const userId = /<UserId>([^<]{1,200})<\/UserId>/.exec(reply.body.toString())?.[1]
  if (userId === undefined)
    throw new QuaysideError('AWS_FAILED', 'GetCallerIdentity answered without a UserId')
  return userId
}
