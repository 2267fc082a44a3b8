import { integer, object, oneOf, optional, type Reader, section } from './reader.ts'

export type FunctionConfig = {
  readonly memoryMb: number
  /** How many run at most, taken out of the account's common limit; null: the common limit alone. */
  readonly reservedConcurrency: number | null
}

export type FunctionsConfig = {
  readonly register: FunctionConfig
  readonly reconcile: FunctionConfig
  readonly publish: FunctionConfig
  readonly sweep: FunctionConfig
}

export type LogsConfig = { readonly retentionDays: number }

/** What becomes of the release bucket with the stack. */
export type ReleasesConfig = { readonly removalPolicy: 'retain' | 'destroy' }

/**
 * What each takes by default, and the fewest of it that may be reserved: fewer than the queue's pollers would throttle them, which
 * uses up the receives of good messages; and a publisher needs room for its successor and for a look at both.
 */
const standard = {
  register: { memoryMb: 256, atLeast: 5 },
  reconcile: { memoryMb: 512, atLeast: 1 },
  publish: { memoryMb: 512, atLeast: 3 },
  sweep: { memoryMb: 512, atLeast: 1 },
} as const satisfies Record<keyof FunctionsConfig, { memoryMb: number; atLeast: number }>

export const functions: Reader<FunctionsConfig> = object<FunctionsConfig>({
  register: ofFunction('register'),
  reconcile: ofFunction('reconcile'),
  publish: ofFunction('publish'),
  sweep: ofFunction('sweep'),
})

export const logs: Reader<LogsConfig> = object<LogsConfig>({
  // CloudWatch knows these and no others.
  retentionDays: optional(
    oneOf(
      1,
      3,
      5,
      7,
      14,
      30,
      60,
      90,
      120,
      150,
      180,
      365,
      400,
      545,
      731,
      1096,
      1827,
      2192,
      2557,
      2922,
      3288,
      3653,
    ),
    30,
  ),
})

export const releases: Reader<ReleasesConfig> = object<ReleasesConfig>({
  removalPolicy: optional(oneOf('retain', 'destroy'), 'retain'),
})

function ofFunction(name: keyof FunctionsConfig): Reader<FunctionConfig> {
  const { memoryMb, atLeast } = standard[name]
  return section(
    object<FunctionConfig>({
      memoryMb: optional(integer(128, 10_240), memoryMb),
      reservedConcurrency: optional(integer(atLeast, 1_000), null),
    }),
  )
}
