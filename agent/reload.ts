import { QuaysideError } from '../core/errors.ts'
import { type ConfirmDeps, confirmReload, type Outcome, type Reload, startReload } from './confirm.ts'
import { readEntries } from './entries.ts'
import type { Host } from './host.ts'
import type { Master } from './nginx.ts'
import { timeTest } from './test-candidate.ts'

export function confirmDeps({ settings, table, elapsed }: Host): ConfirmDeps {
  return { settings, table, now: elapsed }
}

export async function hup(host: Host, master: Master): Promise<Reload> {
  const reload = await startReload(confirmDeps(host), master)
  host.memory.lastReloadAt = host.elapsed()
  return reload
}

/** Waits for the verdict, and remembers which reload brought the new workers, to tell generations apart when they drain. */
export async function outcomeOf(host: Host, reload: Reload, configId: string): Promise<Outcome> {
  const { memory, log } = host
  const outcome = await confirmReload(confirmDeps(host), reload, configId, memory.testMs)
  if (outcome.state !== 'confirmed') return outcome
  const living = [...reload.before].map((pid) => [pid, memory.born.get(pid) ?? memory.reloads] as const)
  memory.reloads += 1
  memory.born = new Map([...living, ...outcome.workers.map((pid) => [pid, memory.reloads] as const)])
  if (outcome.stuck.length > 0) log.warn('host-worker-stuck', { configId, pids: outcome.stuck })
  return outcome
}

/** Loads the entry files as they are. Throws HOST_CONFIRM_FAILED, or HOST_NGINX_DOWN where the master ended meanwhile. */
export async function reloadEntries(host: Host, master: Master, configId: string): Promise<void> {
  const { memory, settings, folders, elapsed } = host
  if (memory.testMs === 0)
    memory.testMs = await timeTest(settings.nginx, folders.candidate, await readEntries(settings), elapsed)
  const outcome = await outcomeOf(host, await hup(host, master), configId)
  if (outcome.state !== 'confirmed') throw failureOf(outcome)
}

export function failureOf(outcome: Exclude<Outcome, { state: 'confirmed' }>): QuaysideError {
  return outcome.state === 'ended'
    ? new QuaysideError('HOST_NGINX_DOWN', 'the nginx master process ended during the reload')
    : new QuaysideError('HOST_CONFIRM_FAILED', outcome.reason)
}
