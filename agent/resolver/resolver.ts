import { setTimeout as delay } from 'node:timers/promises'
import type { DnsZone } from '../../core/dns/zone.ts'
import { explain } from '../../core/errors.ts'
import type { Target } from '../../core/host/choose-target.ts'
import type { NginxCapability } from '../../core/host/nginx-version.ts'
import { type ChosenMode, chooseMode } from '../../core/host/resolve/choose-mode.ts'
import type { StaleSeeds } from '../../core/host/resolve/stale-seeds.ts'
import type { Content } from '../content.ts'
import { type DnsServer, startDnsServer } from '../dns/server.ts'
import { type ErrorLogTail, tailErrorLog } from '../error-log.ts'
import type { Log } from '../log.ts'
import type { AgentSettings } from '../settings.ts'

/** Addresses that the DNS server gives and nginx may not have taken up yet. */
export type Followed = {
  readonly content: Content
  readonly servedAt: number
  /** When nginx was first seen to have been given all of them. */
  answeredAt: number | null
  toldLate: boolean
}

/** Content that is being put into use; `stale` says how the loaded seeds look beside it, once somebody looked. */
export type Candidate = { readonly target: Target; readonly content: Content; stale: StaleSeeds | null }

/** How upstreams of this host get their addresses, and what the agent remembers of it while it runs. */
export type Resolver = {
  /** What this host does wherever a layout allows it. */
  readonly chosen: ChosenMode
  /** Null in static mode. */
  readonly server: DnsServer | null
  /** What nginx asks, as `address:port`. */
  readonly address: string
  readonly log: ErrorLogTail
  /** What the server says. */
  zone: DnsZone
  /** How the content that was looked at last is rendered. */
  rendered: ChosenMode | null
  /** Kept so that it isn't composed anew in every cycle. */
  candidate: Candidate | null
  followed: Followed | null
  /** When the seeds that nginx has were loaded, and when they are to be looked at again. */
  seedsAt: number
  seedsDueAt: number | null
  /** Zones in which nginx had no memory. */
  overflowed: ReadonlySet<string>
  /** A layout that nginx took only with static upstreams, and why. */
  plain: { readonly layout: string; readonly why: string } | null
}

type Deps = {
  readonly settings: AgentSettings
  readonly capability: NginxCapability
  readonly log: Log
  readonly elapsed: () => number
}

/** Where the DNS port can't be had, the host goes on with static upstreams and says why. */
export async function openResolver({ settings, capability, log, elapsed }: Deps): Promise<Resolver> {
  const wanted = chooseMode(settings.mode, capability)
  const opened = await open(wanted, { port: settings.dnsPort, log, elapsed })
  const { chosen } = opened
  if (chosen.why !== '' && (settings.mode === 'resolve' || chosen !== wanted))
    log.warn('host-static', { reason: chosen.why })
  return {
    ...opened,
    address: `127.0.0.1:${settings.dnsPort}`,
    log: await tailErrorLog(settings.nginx.errorLog),
    zone: new Map(),
    rendered: null,
    candidate: null,
    followed: null,
    seedsAt: elapsed(),
    seedsDueAt: null,
    overflowed: new Set(),
    plain: null,
  }
}

/** An agent that has just been stopped may need a moment to let go of the port. */
const attempts = 5
const attemptMs = 200

async function open(
  wanted: ChosenMode,
  options: Parameters<typeof startDnsServer>[0],
): Promise<Pick<Resolver, 'chosen' | 'server'>> {
  if (wanted.mode === 'static') return { chosen: wanted, server: null }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { chosen: wanted, server: await startDnsServer(options) }
    } catch (error) {
      if (attempt === attempts) return { chosen: { mode: 'static', why: explain(error) }, server: null }
      await delay(attemptMs)
    }
  }
}

export function serveZone(resolver: Resolver, zone: DnsZone): void {
  resolver.server?.serve(zone)
  resolver.zone = zone
}

/** What was composed is composed again, since something that it depends on has changed. */
export function forgetCandidate(resolver: Resolver): void {
  resolver.candidate = null
  resolver.followed = null
}
