import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { QuaysideError } from '../core/errors.ts'
import { confirmTimeoutMs, confirmVerdict, type Probe, wantedWorkers } from '../core/host/confirm-verdict.ts'
import { type ErrorLogTail, tailErrorLog } from './error-log.ts'
import { findMaster, type Master, type ProcessTable, sendReload, workersOf } from './nginx.ts'
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

const freshConnections = 5
const pollMs = 8

/** Sends HUP. Reloads must follow one another: a second HUP during a blocked bind would be blamed on the wrong configuration. */
export async function startReload({ settings, table }: ConfirmDeps, master: Master): Promise<Reload> {
  const log = await tailErrorLog(settings.nginx.errorLog)
  const mainConf = await readFile(settings.nginx.mainConf, 'utf8')
  const { accepting, draining } = await workersOf(master, table)
  sendReload(master)
  const before = new Set([...accepting, ...draining])
  return { master, before, wantedWorkers: wantedWorkers(mainConf, accepting.length), log }
}

/**
 * Waits until nginx serves `configId` in every context with new workers only; resolves with their pids. Throws HOST_CONFIRM_FAILED with
 * nginx's own fatal line, or with what was missing at the deadline.
 */
export async function confirmReload(
  deps: ConfirmDeps,
  reload: Reload,
  configId: string,
  testMs: number,
): Promise<readonly number[]> {
  const { settings, table, now } = deps
  const deadline = now() + confirmTimeoutMs(testMs)
  let probes: readonly (readonly Probe[])[] = []
  for (;;) {
    const fatalLine = await reload.log.nextFatalLine(reload.master.pid)
    const { accepting } = await workersOf(reload.master, table)
    const masterAlive = accepting.length > 0 || (await isSame(deps, reload.master))
    const { before, wantedWorkers } = reload
    const facts = { wanted: configId, fatalLine, masterAlive, before, accepting, wantedWorkers, probes }
    const verdict = confirmVerdict({ ...facts, now: now(), deadline })
    if (verdict.state === 'confirmed') return accepting
    if (verdict.state === 'failed') throw new QuaysideError('HOST_CONFIRM_FAILED', verdict.reason)
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

async function isSame({ settings, table }: ConfirmDeps, master: Master): Promise<boolean> {
  const found = await findMaster(settings.nginx, table)
  return found?.pid === master.pid && found.started === master.started
}
