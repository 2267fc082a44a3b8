import { entryMeta, managedBy, nodeName, routingTag, serviceId } from '../core/catalog/entry.ts'
import type { ClusterKey } from '../core/ledger/keys.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import type { Instance } from '../core/task/instance.ts'
import { checkBody, serviceBody } from '../core/txn/op.ts'
import { settings as registering } from './register/lambdas.ts'

/** One registered instance, with the task behind it. */
export type BenchInstance = Instance & { readonly cluster: ClusterKey; readonly taskId: string }

/** A routed service: all its instances are of one cluster. */
export type BenchService = { readonly name: string; readonly instances: readonly BenchInstance[] }

const account = '210987654321'
const region = 'eu-central-1'

/** Each has a node of its own in the catalog. */
export const clusters: readonly ClusterKey[] = Array.from({ length: 4 }, (_, index) => {
  return { account, region, cluster: `shop-${index}` }
})

/** A publisher that takes these clusters' entries for its own, with the settings of an operator who states nothing. */
export const settings: FunctionSettings = {
  ...registering,
  clusters: clusters.map(({ cluster }) => {
    const arn = `arn:aws:ecs:${region}:${account}:cluster/${cluster}`
    return { arn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }
  }),
  bucket: 'releases',
}

const container = 'app'
const port = 8080
/** So many services that follow each other share a cluster, and the last of them shares a host name with the one before it. */
const group = 10

/** Services with one route each; every tenth has a path of the host before it, so that some servers have two locations. */
export function createServices(services: number, instances: number): readonly BenchService[] {
  return Array.from({ length: services }, (_, index) => {
    const list = Array.from({ length: instances }, (_, at) =>
      createInstance(index, at, index * instances + at),
    )
    return { name: serviceName(index), instances: list }
  })
}

/** `place` tells addresses apart: equal numbers get equal addresses. */
export function createInstance(service: number, at: number, place: number): BenchInstance {
  const cluster = clusters[Math.floor(service / group) % clusters.length] ?? { account, region, cluster: '' }
  const name = serviceName(service)
  const taskId = `${String(service).padStart(6, '0')}${String(at).padStart(5, '0')}`.padEnd(32, 'b3c4d5e6f7')
  return {
    id: serviceId(name, taskId, container, port, 'tcp'),
    service: name,
    address: addressOf(place),
    port,
    protocol: 'tcp',
    tags: [routingTag],
    meta: { ...routeOf(service), ...metaOf(cluster, taskId) },
    check: 'passing',
    weight: 1,
    storedCheck: null,
    cluster,
    taskId,
  }
}

export function addressOf(place: number): string {
  return `10.${(place >> 16) & 255}.${(place >> 8) & 255}.${place & 255}`
}

function serviceName(index: number): string {
  return `service-${String(index).padStart(5, '0')}`
}

function routeOf(service: number): Readonly<Record<string, string>> {
  if (service % group !== group - 1) return { 'nginx-host': `${serviceName(service)}.example.com` }
  return { 'nginx-host': `${serviceName(service - 1)}.example.com`, 'nginx-path': '/api' }
}

function metaOf({ cluster }: ClusterKey, taskId: string): Readonly<Record<string, string>> {
  return {
    [entryMeta.managedBy]: managedBy,
    [entryMeta.registrar]: settings.deployment,
    [entryMeta.account]: account,
    [entryMeta.region]: region,
    [entryMeta.cluster]: cluster,
    [entryMeta.taskId]: taskId,
    [entryMeta.taskArn]: `arn:aws:ecs:${region}:${account}:task/${cluster}/${taskId}`,
    [entryMeta.revision]: '7',
  }
}

/** An element of what `health/service/<name>` answers for the instance. */
export function healthEntry(instance: BenchInstance): object {
  const node = nodeName(instance.cluster)
  return {
    Node: { Node: node, Address: '192.0.2.1' },
    Service: serviceBody(instance),
    Checks: [checkBody(node, instance, instance.check)],
  }
}
