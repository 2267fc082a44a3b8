import type { Fact } from '../../core/ledger/fact.ts'
import { gate } from '../../core/ledger/gate.ts'
import type { LedgerEntry } from '../../core/ledger/ledger.ts'
import { taskFact } from '../../core/ledger/make-fact.ts'
import { transition } from '../../core/ledger/transition.ts'
import { parseTaskDefinition, type TaskDefinition } from '../../core/task/definition.ts'
import { parseTask } from '../../core/task/parse-task.ts'
import type { TaskHost } from '../../core/task/ports.ts'
import type { Observation } from '../../core/task/task.ts'
import { describedTask, type TaskOptions, taskDefinition } from './event.ts'

export const registrar = {
  deployment: 'test',
  servicePrefix: '',
  addressFamily: 'ipv4' as const,
  consul: null,
}
export const someHost: TaskHost = { instanceId: 'i-0123456789abcdef0', address: '10.1.2.3', address6: null }

type DefinitionInput = Parameters<typeof taskDefinition>[0]

/** A task definition as registering knows it. */
export function parsedDefinition(input: DefinitionInput = {}): TaskDefinition {
  return parseTaskDefinition(JSON.parse(JSON.stringify(taskDefinition(input))))
}

export function seenTask(
  options: TaskOptions = {},
  source: Observation['source'] = 'event',
  at = 1_000,
): Observation {
  return { task: parseTask(JSON.parse(JSON.stringify(describedTask(options)))), source, at }
}

/** The fact that a task's event or read makes, with everything looked up. */
export function factOf(
  seen: Observation,
  entry: LedgerEntry | null = null,
  definition = parsedDefinition(),
): Fact {
  return taskFact(seen, () => ({ definition, host: someHost }), entry, registrar).fact
}

/** Ledger and catalog of one task in memory, fed through the real gate and transition. */
export function memoryLedger(): {
  readonly feed: (make: (entry: LedgerEntry | null) => Fact) => void
  readonly entry: () => LedgerEntry | null
  /** Check state by service id. */
  readonly catalog: ReadonlyMap<string, string>
} {
  let entry: LedgerEntry | null = null
  const catalog = new Map<string, string>()
  return {
    feed: (make) => {
      const fact = make(entry)
      if (gate(entry, fact).action !== 'write') return
      const after = transition(entry, fact)
      for (const { id, check } of after.set) catalog.set(id, check)
      for (const { id } of after.drain) catalog.set(id, 'draining')
      for (const { id } of after.remove) catalog.delete(id)
      entry = after.entry
    },
    entry: () => entry,
    catalog,
  }
}
