import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ContainerInstance } from '../ecs/model.ts'
import { type LocalServer, listenHttp, type Reply, readBody, sendReply } from '../http-server.ts'
import { renderXml, type XmlElements } from '../s3/xml.ts'

/** What DescribeInstances tells of an instance. */
export type Ec2Instance = {
  readonly instanceId: string
  readonly privateIpAddress: string
  readonly availabilityZone: string
  /** A pending or terminated instance may have no address. */
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'
}

export type Ec2Fault = { readonly status: number; readonly code: string; readonly message?: string }

export type Ec2Options = {
  readonly port?: number
  /** Asked at each request, so that it can be the living set of hosts. */
  readonly instances: () => readonly Ec2Instance[]
  readonly faults?: (parameters: URLSearchParams) => Ec2Fault | undefined
}

const stateCodes = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48, stopping: 64, stopped: 80 }
const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'

/** The EC2 instances behind container instances: one that ECS calls INACTIVE is terminated. */
export function ec2Instances(hosts: readonly ContainerInstance[]): Ec2Instance[] {
  return hosts.map(({ ec2InstanceId, privateIp, availabilityZone, status }) => ({
    instanceId: ec2InstanceId,
    privateIpAddress: privateIp,
    availabilityZone,
    state: status === 'INACTIVE' ? 'terminated' : 'running',
  }))
}

/** Starts an EC2 that knows DescribeInstances, by filters, by ids, and in pages. */
export async function startEc2(options: Ec2Options): Promise<LocalServer> {
  return await listenHttp((message, response) => handle(options, message, response), options.port)
}

async function handle(
  options: Ec2Options,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parameters = new URLSearchParams((await readBody(message, 1024 * 1024))?.toString())
  const fault = options.faults?.(parameters)
  if (fault !== undefined) return sendReply(response, errorReply(fault))
  if (parameters.get('Action') !== 'DescribeInstances') {
    const unknown = `The action ${parameters.get('Action')} is not valid for this endpoint.`
    return sendReply(response, errorReply({ status: 400, code: 'InvalidAction', message: unknown }))
  }
  sendReply(response, describeInstances(parameters, options.instances()))
}

function describeInstances(parameters: URLSearchParams, all: readonly Ec2Instance[]): Reply {
  const ids = membersOf(parameters, 'InstanceId')
  const missing = ids.filter((id) => !all.some(({ instanceId }) => instanceId === id))
  if (missing.length > 0) {
    // By id, one unknown instance fails the whole call; by filter it is merely not among the results.
    const message = `The instance IDs '${missing.join(', ')}' do not exist`
    return errorReply({ status: 400, code: 'InvalidInstanceID.NotFound', message })
  }
  const filters = filtersOf(parameters)
  const wrong = filters.find(({ name }) => filterValue[name] === undefined)
  if (wrong !== undefined)
    return errorReply({
      status: 400,
      code: 'InvalidParameterValue',
      message: `The filter '${wrong.name}' is invalid`,
    })
  const matching = all
    .filter(({ instanceId }) => ids.length === 0 || ids.includes(instanceId))
    .filter((instance) =>
      filters.every(({ name, values }) => values.includes(filterValue[name]?.(instance) ?? '')),
    )
  return page(parameters, matching)
}

const filterValue: Readonly<Record<string, (instance: Ec2Instance) => string>> = {
  'instance-id': ({ instanceId }) => instanceId,
  'instance-state-name': ({ state }) => state,
  'private-ip-address': ({ privateIpAddress }) => privateIpAddress,
  'availability-zone': ({ availabilityZone }) => availabilityZone,
}

function page(parameters: URLSearchParams, matching: readonly Ec2Instance[]): Reply {
  const size = Number(parameters.get('MaxResults') ?? 1000)
  const from = Number(parameters.get('NextToken') ?? 0)
  const next = from + size < matching.length ? String(from + size) : undefined
  const items = matching.slice(from, from + size).map((instance) => ({
    reservationId: `r-${instance.instanceId.slice(2)}`,
    instancesSet: { item: instanceElement(instance) },
  }))
  return reply('DescribeInstancesResponse', { reservationSet: { item: items }, nextToken: next })
}

function instanceElement({
  instanceId,
  privateIpAddress,
  availabilityZone,
  state,
}: Ec2Instance): XmlElements {
  return {
    instanceId,
    instanceState: { code: stateCodes[state], name: state },
    privateIpAddress: state === 'terminated' ? undefined : privateIpAddress,
    placement: { availabilityZone },
  }
}

function filtersOf(parameters: URLSearchParams): { name: string; values: string[] }[] {
  const names = [...parameters].flatMap(([key, name]) => {
    const index = /^Filter\.(\d+)\.Name$/.exec(key)?.[1]
    return index === undefined ? [] : [{ index, name }]
  })
  return names.map(({ index, name }) => ({ name, values: membersOf(parameters, `Filter.${index}.Value`) }))
}

/** The values of `<prefix>.1`, `<prefix>.2`, …, which is how the Query protocol writes a list. */
function membersOf(parameters: URLSearchParams, prefix: string): string[] {
  return [...parameters].flatMap(([key, value]) =>
    key.startsWith(`${prefix}.`) && /^\d+$/.test(key.slice(prefix.length + 1)) ? [value] : [],
  )
}

function reply(root: string, elements: XmlElements): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${renderXml(elements)}</${root}>`
  return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
}

function errorReply({ status, code, message = 'A fault was asked for' }: Ec2Fault): Reply {
  const errors = renderXml({ Errors: { Error: { Code: code, Message: message } }, RequestID: 'local' })
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${errors}</Response>`
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
}
