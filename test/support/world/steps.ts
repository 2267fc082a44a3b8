import type { Health } from './sim-task.ts'
import type { Trouble } from './turns.ts'

/** Numbers stand for a choice among whatever there is at that moment: taken modulo its count, so that every history is valid. */
export type Step =
  | { readonly do: 'start'; readonly kind: number; readonly host: number; readonly by: number }
  | { readonly do: 'advance'; readonly task: number; readonly by: number }
  | { readonly do: 'stop'; readonly task: number; readonly by: number }
  | { readonly do: 'deploy'; readonly kind: number; readonly host: number }
  | { readonly do: 'container'; readonly task: number; readonly container: number; readonly bindings: number }
  | { readonly do: 'health'; readonly task: number; readonly to: Health }
  | { readonly do: 'host'; readonly host: number; readonly to: 'lost' | 'given-up' | 'back' }
  | { readonly do: 'forget'; readonly task: number }
  | { readonly do: 'hide'; readonly task: number; readonly long: boolean }
  | { readonly do: 'stale'; readonly task: number }
  | { readonly do: 'blind'; readonly seconds: number }
  | { readonly do: 'duplicate'; readonly message: number }
  | { readonly do: 'drop'; readonly message: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'meddle'; readonly how: Meddling; readonly pick: number }
  | {
      readonly do: 'run'
      readonly runs: readonly Invocation[]
      /** Who of those that wait at an outside call goes on next. */
      readonly order: readonly number[]
      /** What happens in ECS in the middle of it, after so many calls. */
      readonly meanwhile: { readonly turn: number; readonly step: TruthStep } | null
    }

/** What somebody else may do to our entries. */
export type Meddling = 'delete-service' | 'change-address' | 'fail-check' | 'pass-check' | 'delete-ledger'

/** One run of a handler; several in one step run side by side. */
export type Invocation = { readonly trouble: Trouble | null } & (
  | { readonly of: 'register'; readonly messages: readonly number[] }
  | { readonly of: 'reconcile' }
)

export type World = {
  /** A task that runs all the time, so that ECS never lists nothing at all. */
  readonly anchor: boolean
  readonly steps: readonly Step[]
}

/** What happens in ECS itself. */
export type TruthStep = Exclude<Step, { readonly do: 'run' | 'wait' | 'drop' | 'duplicate' | 'meddle' }>
