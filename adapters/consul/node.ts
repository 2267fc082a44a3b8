import { entryMeta, nodeName } from '../../core/catalog/entry.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { ClusterKey } from '../../core/ledger/keys.ts'
import { fieldsOf, optionalFieldsOf } from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'

// A node must have an address. This one is reserved for documentation and leads nowhere, so that nothing is reached by mistake
// through an entry without an address of its own.
const placeholderAddress = '192.0.2.1'

/**
 * Makes sure that the cluster's node is there and ours. Creates it with the meta of an external, synthetic node (and never
 * `external-probe`: consul-esm would delete a node that doesn't answer its ping). Throws NODE_REFUSED for a node that an agent
 * or another deployment holds.
 */
export async function ensureNode(
  client: ConsulClient,
  cluster: ClusterKey,
  deployment: string,
): Promise<void> {
  const node = nodeName(cluster)
  const found = await readNode(client, node)
  if (found !== null) return assertOurs(node, found, deployment)
  await client.request({
    method: 'PUT',
    path: '/v1/catalog/register',
    body: {
      Node: node,
      Address: placeholderAddress,
      NodeMeta: {
        'external-node': 'true',
        'synthetic-node': 'true',
        [entryMeta.managedBy]: 'quayside',
        [entryMeta.registrar]: deployment,
      },
    },
  })
}

type FoundNode = { readonly registrar: string | null; readonly hasAgent: boolean }

async function readNode(client: ConsulClient, node: string): Promise<FoundNode | null> {
  const name = encodeURIComponent(node)
  const [catalog, checks] = await Promise.all([
    client.request({ method: 'GET', path: `/v1/catalog/node/${name}`, consistent: true }),
    client.request({ method: 'GET', path: `/v1/health/node/${name}`, consistent: true }),
  ])
  if (catalog.body === null) return null
  const meta = optionalFieldsOf(optionalFieldsOf(fieldsOf(catalog.body, 'catalog'), 'Node'), 'Meta').value
  const registrar = meta[entryMeta.registrar]
  return {
    registrar: typeof registrar === 'string' ? registrar : null,
    hasAgent: Array.isArray(checks.body) && checks.body.some(isSerfCheck),
  }
}

function isSerfCheck(check: unknown): boolean {
  return fieldsOf(check, 'check').value.CheckID === 'serfHealth'
}

function assertOurs(node: string, found: FoundNode, deployment: string): void {
  if (found.hasAgent) {
    throw new QuaysideError(
      'NODE_REFUSED',
      `The Consul node ${node} carries serfHealth: an agent runs under this name and would delete Quayside's entries. ` +
        'Give the agent another node name.',
    )
  }
  if (found.registrar !== deployment) {
    const owner =
      found.registrar === null ? 'somebody without a registrar id' : `deployment ${found.registrar}`
    throw new QuaysideError(
      'NODE_REFUSED',
      `The Consul node ${node} belongs to ${owner}, not to ${deployment}. One cluster has one registrar: take the cluster ` +
        'out of the other deployment and purge it there, or delete the node.',
    )
  }
}
