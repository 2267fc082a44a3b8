import { judgeNode, nodeMeta, type Owner } from '../../core/catalog/cluster-node.ts'
import { entryMeta, nodeName } from '../../core/catalog/entry.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { ClusterKey } from '../../core/ledger/keys.ts'
import { type Fields, fieldsOf, listOf, optionalFieldsOf, wholeOf } from '../../core/task/fields.ts'
import { classify } from '../../core/txn/failure.ts'
import type { NodeBody } from '../../core/txn/op.ts'
import type { ConsulClient } from './client.ts'
import { understood } from './errors.ts'
import { readNodeEntries } from './node-entries.ts'
import { textsOf } from './texts.ts'
import { runTxn } from './txn.ts'

export type NodeChange = 'created' | 'adopted' | 'mended'

/** A node's own record, as a compare-and-set of it has to state it again. */
export type NodeRecord = NodeBody & { readonly Meta: Readonly<Record<string, string>> }

// A node must have an address. This one is reserved for documentation and leads nowhere, so that nothing is reached by mistake
// through an entry without an address of its own.
const placeholderAddress = '192.0.2.1'
const attempts = 4

/**
 * Makes sure that the cluster's node is there and ours, and says what it had to change for that. Of two deployments that do
 * this at once exactly one wins. Throws NODE_REFUSED for a node that an agent, another deployment or strangers hold.
 */
export async function ensureNode(
  client: ConsulClient,
  cluster: ClusterKey,
  deployment: string,
): Promise<NodeChange | null> {
  const name = nodeName(cluster)
  const owner = { deployment, account: cluster.account }
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const step = await nextStep(client, name, owner)
    if (step === null) return null
    if (await writeNode(client, step.body)) return step.change
  }
  throw new QuaysideError(
    'CONSUL_CONFLICT',
    `The Consul node ${name} could not be written: it changed ${attempts} times meanwhile, or the token may not read it ` +
      '(it needs node:write for this name).',
  )
}

type Step = { readonly change: NodeChange; readonly body: NodeBody }

/** What has to be written, from the node as it is now; null for nothing. */
async function nextStep(client: ConsulClient, name: string, owner: Owner): Promise<Step | null> {
  const record = await readNode(client, name)
  if (record === null) {
    const Meta = nodeMeta(owner.deployment)
    return { change: 'created', body: { Node: name, Address: placeholderAddress, Meta, ModifyIndex: 0 } }
  }
  const isNamed = record.Meta[entryMeta.registrar] !== undefined
  const services = isNamed ? [] : await readNodeEntries(client, name)
  const metas = services.map(({ meta }) => meta)
  const verdict = judgeNode({ meta: record.Meta, hasAgent: await hasAgent(client, name), metas }, owner)
  if (verdict.action === 'keep') return null
  if (verdict.action === 'write') return { change: verdict.change, body: { ...record, Meta: verdict.meta } }
  throw new QuaysideError('NODE_REFUSED', `The Consul node ${name} ${verdict.problem}. ${verdict.remedy}`)
}

/** The node's record without its services, which may be thousands; null if it isn't there. */
export async function readNode(client: ConsulClient, name: string): Promise<NodeRecord | null> {
  const query = { filter: `Node == ${JSON.stringify(name)}` }
  const { body } = await client.request({
    method: 'GET',
    path: '/v1/catalog/nodes',
    query,
    consistent: true,
  })
  return understood(`a read of the node ${name}`, () => {
    const nodes = listOf(fieldsOf({ nodes: body ?? [] }, 'catalog'), 'nodes')
    const found = nodes.find(({ value }) => value.Node === name)
    return found === undefined ? null : parseNode(found, name)
  })
}

function parseNode(fields: Fields, name: string): NodeRecord {
  const { ID: id, Address: address } = fields.value
  const tagged = textsOf(optionalFieldsOf(fields, 'TaggedAddresses').value)
  return {
    Node: name,
    Address: typeof address === 'string' && address !== '' ? address : placeholderAddress,
    ...(typeof id === 'string' && id !== '' ? { ID: id } : {}),
    ...(Object.keys(tagged).length === 0 ? {} : { TaggedAddresses: tagged }),
    Meta: textsOf(optionalFieldsOf(fields, 'Meta').value),
    ModifyIndex: wholeOf(fields, 'ModifyIndex'),
  }
}

async function hasAgent(client: ConsulClient, name: string): Promise<boolean> {
  const path = `/v1/health/node/${encodeURIComponent(name)}`
  const query = { filter: 'CheckID == "serfHealth"' }
  const { body } = await client.request({ method: 'GET', path, query, consistent: true })
  const checks = understood(`a read of the checks of the node ${name}`, () =>
    listOf(fieldsOf({ checks: body ?? [] }, 'health'), 'checks'),
  )
  return checks.some(({ value }) => value.CheckID === 'serfHealth')
}

/** False if somebody else was faster. */
async function writeNode(client: ConsulClient, node: NodeBody): Promise<boolean> {
  const answer = await runTxn(client, [{ Node: { Verb: 'cas', Node: node } }])
  if (answer.ok) return true
  const words = answer.errors[0]?.what ?? 'no explanation'
  const kind = classify(words)
  if (kind === 'conflict') return false
  const code = kind === 'denied' ? 'CONSUL_DENIED' : 'CONSUL_REFUSED'
  throw new QuaysideError(code, `Consul refused to write the node ${node.Node}: ${words}.`)
}
