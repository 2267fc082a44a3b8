import { readNodeServices } from '../../adapters/consul/catalog.ts'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { readLedgerFolder } from '../../adapters/consul/ledger.ts'
import { checkId, nodeName } from '../../core/catalog/entry.ts'
import { ledgerFolder } from '../../core/ledger/keys.ts'
import { cluster, type FleetTask } from '../fleet.ts'
import { settings } from './lambdas.ts'
import type { StormEvent } from './storm.ts'

/** Throws unless the catalog holds exactly the instances of tasks whose last event says that they run, passing, at their address. */
export async function verifyCatalog(client: ConsulClient, events: readonly StormEvent[]): Promise<void> {
  const wanted = running(events).map(({ instanceId, service, address, port }) => {
    return `${instanceId} ${service} ${address}:${port} passing`
  })
  const found = (await readNodeServices(client, nodeName(cluster))).map(
    ({ id, service, address, port, checks }) => {
      const status = checks.find((check) => check.id === checkId(id))?.status
      return `${id} ${service} ${address}:${port} ${status}`
    },
  )
  compare('catalog', wanted, found)
}

/** Throws unless the ledger calls each task what its last event said. */
export async function verifyLedger(client: ConsulClient, events: readonly StormEvent[]): Promise<void> {
  const phases = { running: 'live', draining: 'draining', stopped: 'gone' }
  const wanted = [...lastStates(events)].map(([{ id }, state]) => `${id} ${phases[state]}`)
  const ledger = await readLedgerFolder(client, ledgerFolder(settings.prefix, cluster))
  compare(
    'ledger',
    wanted,
    [...ledger].map(([id, { entry }]) => `${id} ${entry.phase}`),
  )
}

function running(events: readonly StormEvent[]): readonly FleetTask[] {
  return [...lastStates(events)].flatMap(([task, state]) => (state === 'running' ? [task] : []))
}

function lastStates(events: readonly StormEvent[]): ReadonlyMap<FleetTask, StormEvent['state']> {
  return new Map(events.map(({ task, state }) => [task, state]))
}

function compare(what: string, wanted: readonly string[], found: readonly string[]): void {
  const want = new Set(wanted)
  const have = new Set(found)
  const missing = wanted.filter((line) => !have.has(line))
  const extra = found.filter((line) => !want.has(line))
  if (missing.length + extra.length === 0) return
  throw new Error(
    `the ${what} is wrong: ${missing.length} missing (${missing[0] ?? '-'}), ${extra.length} too many (${extra[0] ?? '-'})`,
  )
}
