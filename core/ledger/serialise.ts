import { canonicalJson } from '../canonical.ts'
import { fieldsOf, listOf, optionalTextOf, textOf, wholeOf, wrong } from '../task/fields.ts'
import type { ContainerHealth, LedgerEntry, PhaseReason, TaskPhase } from './ledger.ts'

const phases: readonly TaskPhase[] = ['live', 'draining', 'gone']
const reasons: readonly PhaseReason[] = ['ecs', 'host-loss', 'host-warning', 'missing']
const healths: readonly ContainerHealth[] = ['HEALTHY', 'UNHEALTHY', 'UNKNOWN']

/** The text kept in KV. Its version stands in the key's `Flags` too, so that it shows in a plain listing. */
export function serialiseEntry(entry: LedgerEntry): string {
  return canonicalJson(entry)
}

/** Throws EVENT_INVALID for a text that isn't an entry: somebody else wrote to our prefix. */
export function parseEntry(text: string, key: string): LedgerEntry {
  const fields = fieldsOf(parseJson(text, key), key)
  return {
    version: wholeOf(fields, 'version'),
    phase: oneOf(textOf(fields, 'phase'), phases, `${key}.phase`),
    reason: oneOf(textOf(fields, 'reason'), reasons, `${key}.reason`),
    hash: textOf(fields, 'hash'),
    health: parseHealth(fieldsOf(fields.value.health, `${key}.health`).value, key),
    instances: listOf(fields, 'instances').map((instance) => ({
      id: textOf(instance, 'id'),
      service: textOf(instance, 'service'),
      ...storedOf(optionalTextOf(instance, 'stored')),
    })),
    host: optionalTextOf(fields, 'host'),
    ...(typeof fields.value.group === 'string' ? { group: fields.value.group } : {}),
    at: wholeOf(fields, 'at'),
  }
}

function storedOf(digest: string | null): { readonly stored?: string } {
  return digest === null ? {} : { stored: digest }
}

function parseHealth(value: Readonly<Record<string, unknown>>, key: string): LedgerEntry['health'] {
  const pairs = Object.entries(value)
  return Object.fromEntries(
    pairs.map(([name, health]) => [name, oneOf(health, healths, `${key}.health.${name}`)]),
  )
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], path: string): T {
  const found = allowed.find((word) => word === value)
  if (found === undefined) throw wrong(path, value, `one of ${allowed.join(', ')}`)
  return found
}

function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(key, text, 'JSON that Quayside wrote; delete the key, reconcile writes it again')
  }
}
