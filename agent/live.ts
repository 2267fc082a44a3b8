import { configIdOf, type Installed } from '../core/host/host-state.ts'
import type { CycleStep } from '../core/release/report.ts'
import type { Host } from './host.ts'

/**
 * Tells that the confirmed configuration is in use; `publishedCreated` is when the publisher signed it, for the time in between. What took
 * no steps was found in use, and how long that took nobody knows.
 */
export function logLive(host: Host, timings: Readonly<Partial<Record<CycleStep, number>>>): void {
  const { log, state, settings, memory, now } = host
  const { confirmed } = state.current
  if (confirmed === null) return
  const publishedCreated = memory.wanted?.created ?? null
  if (publishedCreated !== null && Object.keys(timings).length > 0)
    memory.live = {
      at: new Date(now()).toISOString(),
      afterMs: Math.max(0, now() - Date.parse(publishedCreated)),
    }
  log.info('host-live', { host: settings.hostId, ...identityOf(confirmed), timings, publishedCreated })
}

export function identityOf(installed: Installed) {
  const { generation, releaseId } = installed
  return { generation, releaseId, configId: configIdOf(installed) }
}
