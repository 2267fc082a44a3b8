/** One answer of the control server on a fresh connection; null when there was none. */
export type Probe = { readonly configId: string; readonly pid: number } | null

export type ConfirmInput = {
  readonly wanted: string
  readonly fatalLine: string | null
  /** Whether the master process still runs. */
  readonly masterAlive: boolean
  /** Worker pids from before the reload. */
  readonly before: ReadonlySet<number>
  /** Workers that accept connections now. */
  readonly accepting: readonly number[]
  readonly wantedWorkers: number
  /** Since when there are as many new workers as wanted; null while there are fewer. */
  readonly enoughSince: number | null
  /** Per context, the answers so far; empty before the first probes. */
  readonly probes: readonly (readonly Probe[])[]
  readonly now: number
  readonly deadline: number
}

export type Verdict =
  /** `stuck` are old workers that don't hear their master: hung, or kept from running. */
  | { readonly state: 'confirmed'; readonly stuck: readonly number[] }
  /** nginx itself said that it keeps what it had. */
  | { readonly state: 'refused'; readonly reason: string }
  /** Nobody knows what nginx is about to do. */
  | { readonly state: 'late'; readonly reason: string }
  /** The master process is gone, which says nothing about the configuration. */
  | { readonly state: 'ended' }
  /** `probe` says that the processes are as they should be, so that asking the workers makes sense. */
  | { readonly state: 'wait'; readonly probe: boolean }

/**
 * A master stops its old workers 100 ms after it started the new ones. One that is there much later doesn't listen, and no other
 * configuration would make it.
 */
export const stuckAfterMs = 3_000

/**
 * Whether nginx took a configuration into use. One new answer proves nothing: for about 90 ms after a reload both generations accept, and
 * some configurations that pass `nginx -t` fail only here. So all must hold: no fatal line, enough new workers, no old one accepting,
 * and every fresh connection answered with the wanted id by a new worker.
 */
export function confirmVerdict(input: ConfirmInput): Verdict {
  const { fatalLine, masterAlive, accepting, before, enoughSince, now } = input
  if (fatalLine !== null) return { state: 'refused', reason: fatalLine }
  if (!masterAlive) return { state: 'ended' }
  const fresh = freshOf(input)
  const old = accepting.filter((pid) => before.has(pid))
  const enough = fresh.size >= input.wantedWorkers
  // More than wanted are those of two reloads: somebody else's came together with ours, and may have brought what was before.
  const alone = old.length === 0 && fresh.size <= input.wantedWorkers
  const settled = enough && (alone || (enoughSince !== null && now - enoughSince >= stuckAfterMs))
  if (settled && input.probes.length > 0 && areRight(input.probes, input.wanted, fresh))
    return { state: 'confirmed', stuck: old }
  if (now < input.deadline) return { state: 'wait', probe: settled }
  return { state: 'late', reason: lateReason(input, fresh.size, old.length) }
}

/** The accepting workers that the reload brought. */
export function freshOf({ accepting, before }: Pick<ConfirmInput, 'accepting' | 'before'>): Set<number> {
  return new Set(accepting.filter((pid) => !before.has(pid)))
}

/** How long to wait for a verdict: a large configuration, which takes long to test, takes long to load. */
export function confirmTimeoutMs(testMs: number): number {
  return Math.max(8_000, 3_000 + 10 * testMs)
}

/**
 * How many new workers a reload must bring: the number that the main configuration states, else (`auto`) as many as there were, yet no
 * more than there are processors: for a moment after somebody else's reload two generations of workers accept. A host whose workers had
 * all died must get at least one.
 */
export function wantedWorkers(mainConf: string, before: number, processors: number): number {
  const stated = /^\s*worker_processes\s+(\d+)\s*;/m.exec(mainConf)?.[1]
  if (stated !== undefined) return Math.max(1, Number(stated))
  return /^\s*worker_processes\s+auto\s*;/m.test(mainConf) ? Math.max(1, Math.min(before, processors)) : 1
}

function areRight(probes: ConfirmInput['probes'], wanted: string, fresh: ReadonlySet<number>): boolean {
  return probes.flat().every((probe) => isRight(probe, wanted, fresh))
}

function isRight(probe: Probe, wanted: string, fresh: ReadonlySet<number>): boolean {
  return probe !== null && probe.configId === wanted && fresh.has(probe.pid)
}

function lateReason(input: ConfirmInput, fresh: number, old: number): string {
  if (fresh < input.wantedWorkers)
    return `nginx started ${fresh} of ${input.wantedWorkers} new workers before the deadline`
  if (old > 0) return `${old} old workers still accept connections at the deadline`
  const wrong = input.probes.flat().find((probe) => !isRight(probe, input.wanted, new Set(input.accepting)))
  return wrong === undefined || wrong === null
    ? 'the control server on loopback did not answer before the deadline'
    : `worker ${wrong.pid} still answers configuration ${wrong.configId} at the deadline`
}
