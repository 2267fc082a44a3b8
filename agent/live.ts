import type { Installed } from '../core/host/host-state.ts'
import type { CycleStep } from '../core/release/report.ts'
import type { Host } from './host.ts'

/** Tells that the confirmed configuration is in use; `publishedCreated` is when the publisher signed it, for the time in between. */
export function logLive(host: Host, timings: Readonly<Partial<Record<CycleStep, number>>>): void {
  const { log, state, settings, memory } = host
  const { confirmed } = state.current
  if (confirmed === null) return
  const publishedCreated = memory.wanted?.created ?? null
  log.info('host-live', { host: settings.hostId, ...identityOf(confirmed), timings, publishedCreated })
}

export function identityOf({ generation, releaseId, configId }: Installed) {
  return { generation, releaseId, configId }
}
