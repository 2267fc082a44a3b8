import type { Reply } from '../../../local/aws/http-server.ts'
import type { Call } from './call.ts'

/** What can go wrong with an answer. `all-missing` is for DescribeTasks only. */
export const faultKinds = [
  'throttle',
  'server-error',
  'timeout',
  'reset',
  'truncated',
  'stalled',
  'wrong-type',
  'not-json',
  'empty',
  'bare',
  'all-missing',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Answers that say something which may be true: nobody can tell them from the truth at once. */
export const wellFormed: ReadonlySet<FaultKind> = new Set(['empty', 'all-missing'])

/** Whether there is such a failure of this call. */
export function applies(kind: FaultKind, { label }: Pick<Call, 'label'>): boolean {
  if (kind === 'all-missing') return label.startsWith('ecs DescribeTasks')
  // An empty answer to a write is no list; what it may look like is in `wrong-type`.
  if (kind === 'empty') return !label.startsWith('consul PUT') && !label.startsWith('sqs')
  return true
}

/** The false answer, or null for the kinds that break the connection instead. */
export function falseReply(kind: FaultKind, call: Call): Reply | null {
  switch (kind) {
    case 'throttle':
      return throttled(call)
    case 'server-error':
      return serverError(call)
    case 'wrong-type':
      return wrongType(call)
    case 'not-json':
      return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }
    case 'empty':
      return empty(call)
    case 'bare':
      return call.upstream === 'ec2' ? xml(200, '<DescribeInstancesResponse/>') : json(200, {})
    case 'all-missing':
      return allMissing(call)
    default:
      return null
  }
}

function throttled({ upstream }: Call): Reply {
  if (upstream === 'consul')
    return { status: 429, body: 'Your IP is issuing too many concurrent connections' }
  if (upstream === 'ec2') return xml(503, errorXml('RequestLimitExceeded'))
  return json(400, { __type: 'ThrottlingException', message: 'Rate exceeded' })
}

function serverError({ upstream }: Call): Reply {
  if (upstream === 'consul') return { status: 500, body: 'No cluster leader' }
  if (upstream === 'ec2') return xml(500, errorXml('InternalError'))
  return json(500, { __type: 'ServerException', message: 'Service Unavailable' })
}

function wrongType({ upstream, method, url }: Call): Reply {
  if (upstream === 'ec2') return xml(200, '<SomethingElse><a>1</a></SomethingElse>')
  if (upstream !== 'consul') {
    const names = ['taskArns', 'tasks', 'failures', 'containerInstances', 'taskDefinition', 'Failed']
    return json(200, Object.fromEntries(names.map((name) => [name, 'text'])))
  }
  if (method === 'PUT') return json(200, { Results: 'text', Errors: 'text' })
  return json(200, url.includes('/catalog/node/') ? ['text'] : { text: 'text' })
}

function empty({ upstream, label, url }: Call): Reply {
  if (upstream === 'ec2')
    return xml(200, '<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>')
  if (upstream === 'consul') {
    if (url.startsWith('/v1/kv/')) return { status: 404, headers: { 'x-consul-index': '9' }, body: '' }
    return json(200, url.includes('/catalog/node/') ? null : [])
  }
  if (label.startsWith('ecs ListTasks')) return json(200, { taskArns: [] })
  if (label.startsWith('ecs DescribeTaskDefinition')) return json(200, {})
  return json(200, { tasks: [], containerInstances: [], failures: [] })
}

function allMissing({ body }: Call): Reply {
  const { tasks } = JSON.parse(body) as { readonly tasks: readonly string[] }
  return json(200, { tasks: [], failures: tasks.map((arn) => ({ arn, reason: 'MISSING' })) })
}

function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(value) }
}

function xml(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/xml' }, body }
}

function errorXml(code: string): string {
  const error = `<Error><Code>${code}</Code><Message>A fault was asked for</Message></Error>`
  return `<Response><Errors>${error}</Errors><RequestID>test</RequestID></Response>`
}
