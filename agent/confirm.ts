import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import {
  confirmTimeoutMs,
  confirmVerdict,
  freshOf,
  type Probe,
  type Verdict,
  wantedWorkers,
} from '../core/host/confirm-verdict.ts'
import { type ErrorLogTail, tailErrorLog } from './error-log.ts'
import { isRunning, type Master, type ProcessTable, sendReload, workersOf } from './nginx.ts'
import { probeAll } from './probe.ts'
import type { AgentSettings } from './settings.ts'

export type ConfirmDeps = {
  readonly settings: AgentSettings
  readonly table: ProcessTable
  readonly now: () => number
}

/** A reload that was asked for, and what the world looked like just before. */
export type Reload = {
  readonly master: Master
  readonly before: ReadonlySet<number>
  readonly wantedWorkers: number
  readonly log: ErrorLogTail
}

/** What a reload came to; the workers that it brought where it was confirmed. */
export type Outcome =
  | { readonly state: 'confirmed'; readonly workers: readonly number[]; readonly stuck: readonly number[] }
  | Exclude<Verdict, { state: 'confirmed' | 'wait' }>

const freshConnections = 5
const pollMs = 8

/** Sends HUP. Reloads must follow one another: a second HUP during a blocked bind would be blamed on the wrong configuration. */
export async function startReload({ settings, table }: ConfirmDeps, master: Master): Promise<Reload> {
  const log = await tailErrorLog(settings.nginx.errorLog)
  const mainConf = await readFile(settings.nginx.mainConf, 'utf8')
  const { accepting, draining } = await workersOf(master, table)
  sendReload(master)
  const before = new Set([...accepting, ...draining])
  const wanted = wantedWorkers(mainConf, accepting.length, cpus().length)
  return { master, before, wantedWorkers: wanted, log }
}

/** Waits until nginx serves `configId` in every context with new workers only, or until it is clear that it doesn't. */
export async function confirmReload(
  { settings, table, now }: ConfirmDeps,
  { master, before, wantedWorkers: wanted, log }: Reload,
  configId: string,
  testMs: number,
): Promise<Outcome> {
  const deadline = now() + confirmTimeoutMs(testMs)
  let probes: readonly (readonly Probe[])[] = []
  let enoughSince: number | null = null
  for (;;) {
    const fatalLine = await log.nextFatalLine(master.pid)
    const { accepting } = await workersOf(master, table)
    const masterAlive = accepting.length > 0 || (await isRunning(master, table))
    const fresh = freshOf({ accepting, before })
    enoughSince = fresh.size < wanted ? null : (enoughSince ?? now())
    const seen = { fatalLine, masterAlive, before, accepting, wantedWorkers: wanted, enoughSince, probes }
    const verdict = confirmVerdict({ ...seen, wanted: configId, now: now(), deadline })
    if (verdict.state === 'confirmed') return { ...verdict, workers: [...fresh] }
    if (verdict.state !== 'wait') return verdict
    if (!verdict.probe || probes.length > 0) await delay(pollMs)
    probes = verdict.probe ? await probeAll(settings.control, freshConnections) : []
  }
}

/**
 * Whether running workers already serve `configId` in every context: then nothing needs to be reloaded. Null while some connection gets no
 * answer at all.
 */
export async function isServing(
  deps: ConfirmDeps,
  master: Master,
  configId: string,
): Promise<boolean | null> {
  const probes = (await probeAll(deps.settings.control, freshConnections)).flat()
  if (probes.some((probe) => probe === null)) return null
  const { accepting } = await workersOf(master, deps.table)
  return probes.every((probe) => probe?.configId === configId && accepting.includes(probe.pid))
}
