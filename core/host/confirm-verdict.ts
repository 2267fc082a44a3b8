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
  /** Per context, the answers so far; empty before the first probes. */
  readonly probes: readonly (readonly Probe[])[]
  readonly now: number
  readonly deadline: number
}

export type Verdict =
  | { readonly state: 'confirmed' }
  | { readonly state: 'failed'; readonly reason: string }
  /** `probe` says that the processes are as they should be, so that asking the workers makes sense. */
  | { readonly state: 'wait'; readonly probe: boolean }

/**
 * Whether nginx took a configuration into use. One new answer proves nothing: for about 90 ms after a reload both generations accept, and
 * some configurations that pass `nginx -t` fail only here. So all must hold: no fatal line, enough new workers, no old one accepting,
 * and every fresh connection answered with the wanted id by a new worker.
 */
export function confirmVerdict(input: ConfirmInput): Verdict {
  if (input.fatalLine !== null) return { state: 'failed', reason: input.fatalLine }
  if (!input.masterAlive)
    return { state: 'failed', reason: 'the nginx master process ended during the reload' }
  const fresh = new Set(input.accepting.filter((pid) => !input.before.has(pid)))
  const old = input.accepting.length - fresh.size
  const settled = fresh.size >= input.wantedWorkers && old === 0
  if (
    settled &&
    input.probes.length > 0 &&
    input.probes.flat().every((probe) => isRight(probe, input.wanted, fresh))
  )
    return { state: 'confirmed' }
  if (input.now < input.deadline) return { state: 'wait', probe: settled }
  return { state: 'failed', reason: lateReason(input, fresh.size, old) }
}

/** How long to wait for a verdict: a large configuration, which takes long to test, takes long to load. */
export function confirmTimeoutMs(testMs: number): number {
  return Math.max(8_000, 3_000 + 10 * testMs)
}

/**
 * How many new workers a reload must bring: the number that the main configuration states, else (`auto`) as many as there were. A host
 * whose workers had all died must get at least one.
 */
export function wantedWorkers(mainConf: string, before: number): number {
  const stated = /^\s*worker_processes\s+(\d+)\s*;/m.exec(mainConf)?.[1]
  if (stated !== undefined) return Math.max(1, Number(stated))
  return /^\s*worker_processes\s+auto\s*;/m.test(mainConf) ? Math.max(1, before) : 1
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
