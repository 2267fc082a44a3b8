import type { HostView } from '../../core/host/host-view.ts'
import { countGenerations } from '../../core/host/reload-gate.ts'
import { certificateView } from '../certificates.ts'
import type { Host } from '../host.ts'
import { findMaster, workersOf } from '../nginx.ts'
import type { Pulse } from '../pulse.ts'
import { modeOf } from '../resolver/due.ts'
import type { AgentSettings } from '../settings.ts'
import { noTraffic } from '../traffic.ts'
import { agentVersion } from '../version.ts'

type Closed = { readonly settings: AgentSettings; readonly now: () => number }

/** Looks at the host as it is now; one that could not be opened yet shows what is known without its files. */
export async function viewHost(
  host: Host | null,
  { settings, now }: Closed,
  pulse: Pulse,
): Promise<HostView> {
  const { deployment, channel, pollMs } = settings
  const { mode, why: modeReason } = host === null ? { mode: settings.mode, why: '' } : modeOf(host)
  const { state, memory, capability, traffic, elapsed } = host ?? {}
  const polledAt = memory?.polledAt ?? null
  return {
    ...{
      agent: agentVersion,
      nginx: capability?.version ?? null,
      mode,
      modeReason,
      deployment,
      channel,
      pollMs,
    },
    ...pulse.read(),
    now: now(),
    polledMsAgo: polledAt === null || elapsed === undefined ? null : elapsed() - polledAt,
    offered: memory?.wanted ?? null,
    refused: memory?.refused?.message ?? null,
    state: state?.current ?? null,
    certificates: host === null ? { files: 0, problem: null, expires: null } : certificateView(host),
    confirmedReloads: memory?.reloads ?? 0,
    traffic: { ...(traffic ?? noTraffic()) },
    dns: host?.resolver.server?.counters ?? null,
    ...(host === null ? { isRunning: null, drainingGenerations: 0 } : await workersSeen(host)),
  }
}

async function workersSeen({ settings, table, memory }: Host) {
  const master = await findMaster(settings.nginx, table)
  if (master === null) return { isRunning: false, drainingGenerations: 0 }
  const { draining } = await workersOf(master, table)
  return { isRunning: true, drainingGenerations: countGenerations(draining, memory.born) }
}
