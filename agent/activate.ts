import { explain, QuaysideError } from '../core/errors.ts'
import { countGenerations, type GateAnswer, reloadGate } from '../core/host/reload-gate.ts'
import type { Outcome, Reload } from './confirm.ts'
import { writeEntries } from './entries.ts'
import type { Host } from './host.ts'
import type { Prepared } from './memory.ts'
import { isBeingUpgraded, type Master, workersOf } from './nginx.ts'
import { failureOf, hup, outcomeOf } from './reload.ts'
import { restore, type Way, wayBack } from './restore.ts'
import type { Steps } from './steps.ts'

const upgradeRecheckMs = 1_000

/** Whether nginx may be reloaded for it now. */
export async function askGate(
  host: Host,
  master: Master,
  prepared: Pick<Prepared, 'readySince' | 'urgent'>,
): Promise<GateAnswer> {
  if (await isBeingUpgraded(host.settings.nginx, host.table)) {
    const why = 'the nginx binary is being replaced and the old one still takes connections: end its master'
    return { open: false, waitMs: upgradeRecheckMs, why }
  }
  const { accepting, draining } = await workersOf(master, host.table)
  // Where no worker serves there is no connection to spare, and every second counts.
  if (accepting.length === 0) return { open: true }
  const { readySince, urgent } = prepared
  const { lastReloadAt, born } = host.memory
  return reloadGate({
    now: host.elapsed(),
    lastReloadAt,
    readySince,
    draining: countGenerations(draining, born),
    urgent,
  })
}

/**
 * Puts a tested configuration into use: entry files swapped, HUP, confirmed. If nginx doesn't take it, the entry files are restored (and
 * loaded again, if nginx may have left them) before HOST_CONFIRM_FAILED is thrown, or HOST_NGINX_DOWN where the master ended.
 */
export async function activate(host: Host, steps: Steps, master: Master, prepared: Prepared): Promise<void> {
  const { configId } = prepared.staged.installed
  const back = await wayBack(host)
  const reload = await swapAndReload(host, steps, master, prepared, back)
  const outcome = await steps.run('confirm', () => outcomeOf(host, reload, configId))
  if (outcome.state === 'confirmed') return
  const done = await steps
    .run('restore', () => restore(host, reload, outcome, back))
    .catch((other: unknown) => {
      // The entry files still name what failed: the next cycle compares them with the state again.
      host.memory.settled = false
      return `the entry files could not be restored: ${explain(other)}`
    })
  const { code, message } = judge(host, configId, outcome)
  throw new QuaysideError(code, `${message} (${done})`)
}

/** Whatever fails here leaves the entry files as they were: nginx's next start must not be the test. */
async function swapAndReload(
  host: Host,
  steps: Steps,
  master: Master,
  { entries }: Prepared,
  back: Way,
): Promise<Reload> {
  try {
    await steps.run('swap', () => writeEntries(entries))
    return await steps.run('reload', () => hup(host, master))
  } catch (error) {
    host.memory.settled = false
    await writeEntries(back.entries)
    throw error
  }
}

/** A master may end for many reasons during a reload; twice in a row under the same configuration is no chance any more. */
function judge(
  { memory }: Host,
  configId: string,
  outcome: Exclude<Outcome, { state: 'confirmed' }>,
): QuaysideError {
  const failure = failureOf(outcome)
  const again = outcome.state === 'ended' && memory.endedUnder === configId
  memory.endedUnder = outcome.state === 'ended' ? configId : null
  return again ? new QuaysideError('HOST_CONFIRM_FAILED', `${failure.message}, for the second time`) : failure
}
