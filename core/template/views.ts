import { byText } from '../canonical.ts'
import { hostPort } from '../release/address.ts'
import type { NamedService, NodeServices, TemplateInstance, TemplateNode } from './data.ts'

/**
 * What templates see of instances, each with what it was made from. All views have consul-template's field names, and every list is in a
 * total order.
 */
export function instanceViews(instances: readonly TemplateInstance[]) {
  const sorted = [...instances].sort(
    (a, b) => byText(a.node, b.node) || byText(a.id, b.id) || byText(a.address, b.address) || a.port - b.port,
  )
  return sorted.map((one) => ({ one, view: viewOnce(one) }))
}

const known = new WeakMap<TemplateInstance, ReturnType<typeof instanceView>>()

/** The same for the same instance: of thousands a few are new. */
function viewOnce(one: TemplateInstance) {
  const view = known.get(one) ?? instanceView(one)
  known.set(one, view)
  return view
}

function instanceView(one: TemplateInstance) {
  return {
    ID: one.id,
    Name: one.name,
    Node: one.node,
    NodeAddress: one.nodeAddress,
    NodeDatacenter: one.datacenter,
    NodeMeta: sortedMap(one.nodeMeta),
    Address: one.address,
    Port: one.port,
    /** Ours: IPv6 in brackets, as nginx wants it. */
    HostPort: hostPort(one.address, one.port),
    Tags: sortedTexts(one.tags),
    ServiceMeta: sortedMap(one.meta),
    Weights: { Passing: one.weight, Warning: one.weight },
    Checks: [...one.checks]
      .sort((a, b) => byText(a.id, b.id) || byText(a.serviceId, b.serviceId) || byText(a.output, b.output))
      .map(({ id, serviceId, status, output }) => ({
        CheckID: id,
        ServiceID: serviceId,
        Status: status,
        Output: output,
      })),
    Status: one.status,
  }
}

export function serviceViews(services: readonly NamedService[]) {
  return [...services]
    .sort((a, b) => byText(a.name, b.name))
    .map(({ name, tags }) => ({ Name: name, Tags: sortedTexts(tags) }))
}

export function nodeViews(nodes: readonly TemplateNode[]) {
  return [...nodes].sort((a, b) => byText(a.name, b.name)).map(nodeView)
}

export function nodeServicesView({ node, services }: NodeServices) {
  const views = instanceViews(services).map(({ view: { ID, Name, Tags, ServiceMeta, Address, Port } }) => ({
    ID,
    Service: Name,
    Tags,
    Meta: ServiceMeta,
    Address,
    Port,
  }))
  return { Node: nodeView(node), Services: views }
}

/** The keys below a folder, named from it; a key that ends in a slash is a folder's own mark and no value. */
export function pairViews(folder: string, pairs: ReadonlyMap<string, string>, depth: 'top' | 'all') {
  return [...pairs]
    .sort(([a], [b]) => byText(a, b))
    .map(([path, value]) => ({ Path: path, Key: path.slice(folder.length), Value: value }))
    .filter(({ Key }) => Key !== '' && !Key.endsWith('/') && (depth === 'all' || !Key.includes('/')))
}

function nodeView({ name, id, address, datacenter, meta }: TemplateNode) {
  return { Node: name, ID: id, Address: address, Datacenter: datacenter, Meta: sortedMap(meta) }
}

function sortedTexts(texts: readonly string[]): readonly string[] {
  return [...texts].sort(byText)
}

function sortedMap(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => byText(a, b)))
}
