import { nodeName, storedCheckId } from '../../core/catalog/entry.ts'
import type { ClusterKey } from '../../core/ledger/keys.ts'
import type { LedgerInstance } from '../../core/ledger/ledger.ts'
import { type Fields, fieldsOf, listOf, wholeOf } from '../../core/task/fields.ts'
import type { FoundCheck } from '../../core/txn/stored-op.ts'
import { parseCheck } from './catalog.ts'
import type { ConsulClient } from './client.ts'
import { understood } from './errors.ts'

/** The checks that consul-esm runs for these instances, by service id; those that aren't there are left out. */
export async function readStoredChecks(
  client: ConsulClient,
  cluster: ClusterKey,
  instances: readonly LedgerInstance[],
): Promise<ReadonlyMap<string, FoundCheck>> {
  const node = nodeName(cluster)
  const found = await Promise.all(instances.map((instance) => readOne(client, node, instance)))
  return new Map(found.flat())
}

async function readOne(
  client: ConsulClient,
  node: string,
  { id, service }: LedgerInstance,
): Promise<readonly (readonly [string, FoundCheck])[]> {
  const wanted = storedCheckId(id)
  const { body } = await client.request({
    method: 'GET',
    path: `/v1/health/checks/${encodeURIComponent(service)}`,
    query: { filter: `CheckID == ${JSON.stringify(wanted)}` },
    consistent: true,
  })
  const checks = understood(`a read of the check ${wanted}`, () =>
    listOf(fieldsOf({ checks: body ?? [] }, 'health'), 'checks').map((fields) => ({
      fields,
      ...parseCheck(fields),
    })),
  )
  return checks
    .filter((check) => check.id === wanted && check.fields.value.Node === node)
    .map(({ fields, status, output }) => [id, { status, output, modifyIndex: indexOf(fields) }])
}

function indexOf(fields: Fields): number {
  return wholeOf(fields, 'ModifyIndex')
}
