import { releaseId } from '../release/channel.ts'
import type { CycleFacts } from './counts.ts'
import { configIdOf, type HostState, type Installed } from './host-state.ts'
import type { CertificateView, HostView } from './host-view.ts'

/** What `/healthz` tells. It is about the agent: whether this host should get traffic is for nginx itself to say. */
export type Health = {
  readonly schema: 1
  /** Whether this host follows its channel. */
  readonly working: boolean
  /** Why it doesn't. */
  readonly reason: string
  readonly agent: string
  readonly nginx: string | null
  readonly nginxRunning: boolean | null
  readonly mode: string
  /** Why the mode is static where nobody asked for that. */
  readonly modeReason: string
  readonly deployment: string
  readonly channel: string
  readonly upSeconds: number
  readonly lastPoll: { readonly secondsAgo: number } | null
  readonly lastCycle: (CycleFacts & { readonly secondsAgo: number }) | null
  readonly offered: Release | null
  readonly applied: Applied | null
  /** In the entry files, and not seen in use yet. */
  readonly pending: Applied | null
  readonly drainingGenerations: number
  readonly refused: readonly Refused[]
  readonly certificates: Omit<CertificateView, 'expires'> & { readonly expires: string | null }
}

export type Release = {
  readonly generation: number
  readonly releaseId: string
  readonly layout: string
  readonly endpoints: string
  readonly created: string
  readonly expires: string
}

export type Applied = Pick<Release, 'generation' | 'releaseId' | 'layout' | 'endpoints'> & {
  readonly configId: string
}

export type Refused = {
  readonly what: 'pointer' | 'content'
  /** Digest of a layout, or of the addresses that failed under a confirmed one. */
  readonly id: string | null
  readonly step: string
  readonly reason: string
  readonly failures: number
  readonly retryAt: string | null
}

/** Polls may fail for a while without being a reason to wake anybody: S3 does so now and then, and nginx serves on. */
const patienceMs = 60_000
const patiencePolls = 5
/** Longer than any step with a deadline of its own takes. */
const longestCycleMs = 300_000

export function healthOf(view: HostView): Health {
  const reason = troubleOf(view)
  const { agent, nginx, isRunning, mode, modeReason, deployment, channel, state, certificates } = view
  return {
    schema: 1,
    working: reason === null,
    reason: reason ?? '',
    ...{ agent, nginx, nginxRunning: isRunning, mode, modeReason, deployment, channel },
    upSeconds: seconds(view.upMs),
    lastPoll: view.polledMsAgo === null ? null : { secondsAgo: seconds(view.polledMsAgo) },
    lastCycle: lastCycle(view),
    offered: offered(view),
    applied: applied(state?.confirmed ?? null),
    pending: applied(state?.pending ?? null),
    drainingGenerations: view.drainingGenerations,
    refused: refusedBy(view.refused, state),
    certificates: { ...certificates, expires: timeOf(certificates.expires) },
  }
}

/** The part of it that a state file tells. */
export function describeState(state: HostState): Partial<Health> {
  const { deployment, channel, confirmed, pending } = state
  const releases = { applied: applied(confirmed), ...(pending === null ? {} : { pending: applied(pending) }) }
  return { deployment, channel, ...releases, refused: refusedBy(null, state) }
}

/** What keeps this host from following its channel, the worst first; null where nothing does. */
function troubleOf(view: HostView): string | null {
  const { last, upMs, polledMsAgo, fineMsAgo, waitingMs, busyMs, refused, isRunning, pollMs } = view
  const patience = Math.max(patienceMs, patiencePolls * pollMs)
  const words = last === null || last.reason === '' ? '' : `: ${last.reason}`
  if (view.state === null && last !== null) return `the agent can't open its files${words}`
  if (busyMs !== null && busyMs > longestCycleMs) return `a cycle has been running for ${seconds(busyMs)} s`
  if ((polledMsAgo ?? upMs) > patience)
    return `the channel was not heard for ${seconds(polledMsAgo ?? upMs)} s${words}`
  if (refused !== null) return refused
  if (last?.outcome === 'stale') return `STALE: ${last.reason}`
  if (isRunning === false) return 'HOST_NGINX_DOWN: nginx is not running'
  if ((fineMsAgo ?? upMs) > patience)
    return `cycles have been failing for ${seconds(fineMsAgo ?? upMs)} s${words}`
  if (waitingMs !== null && waitingMs > patience)
    return `a change has been waiting for ${seconds(waitingMs)} s${words}`
  return null
}

function lastCycle({ last }: HostView): Health['lastCycle'] {
  if (last === null) return null
  const { msAgo, ...facts } = last
  const { outcome, step, reason, timings, retryInMs } = facts
  return { outcome, step, reason, timings, retryInMs, secondsAgo: seconds(msAgo) }
}

function offered({ offered: pointer }: HostView): Release | null {
  if (pointer === null) return null
  const { generation, layout, endpoints, created, expires } = pointer
  const digests = { layout: layout.sha256, endpoints: endpoints.sha256 }
  return { generation, releaseId: releaseId(pointer), ...digests, created, expires }
}

function applied(installed: Installed | null): Applied | null {
  if (installed === null) return null
  const { generation, releaseId: id, layout, endpoints } = installed
  const configId = configIdOf(installed)
  return { generation, releaseId: id, configId, layout: layout.sha256, endpoints: endpoints.sha256 }
}

function refusedBy(pointer: string | null, state: HostState | null): readonly Refused[] {
  const marks = (state?.bad ?? []).map(({ id, step, reason, failures, retryAt }) => {
    return { what: 'content' as const, id, step, reason, failures, retryAt: timeOf(retryAt) }
  })
  if (pointer === null) return marks
  const first = { what: 'pointer' as const, id: null, step: 'verify', reason: pointer }
  return [{ ...first, failures: 1, retryAt: null }, ...marks]
}

function timeOf(ms: number | null): string | null {
  return ms === null || Number.isNaN(new Date(ms).getTime()) ? null : new Date(ms).toISOString()
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
