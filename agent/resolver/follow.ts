import { forget } from '../../core/host/bad-marks.ts'
import { addressesId, isInstalled, isSameTarget, type Target } from '../../core/host/choose-target.ts'
import type { Installed, Resolved } from '../../core/host/host-state.ts'
import { dnsVerdict } from '../../core/host/resolve/dns-verdict.ts'
import { type ResolvePlan, resolvePlan } from '../../core/host/resolve/resolve-plan.ts'
import { type StaleSeeds, staleSeeds } from '../../core/host/resolve/stale-seeds.ts'
import { isSameZone, zoneBetween, zoneOf } from '../../core/host/resolve/zone-of.ts'
import { layoutKey } from '../../core/release/keys.ts'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import { parseLayout } from '../../core/release/parse-layout.ts'
import { type Content, fetchContent } from '../content.ts'
import type { Host } from '../host.ts'
import { logLive } from '../live.ts'
import { findMaster } from '../nginx.ts'
import { done, nginxDown, type Result } from '../record.ts'
import type { Steps } from '../steps.ts'
import { type Followed, serveZone } from './resolver.ts'

/** Content that nginx has to load, and what is known of it already. */
export type Course = { readonly content: Content | null; readonly urgent: boolean; readonly why: string }

const recheckMs = 300

type Resolving = Installed & { readonly resolved: Resolved }

/**
 * Brings new addresses to nginx by DNS alone, as far as that can be. Resolves with what came of it, or, where nginx must load a
 * configuration, with that one: names that it shares with the loaded one have their new addresses meanwhile.
 */
export async function follow(host: Host, steps: Steps, target: Target): Promise<Result | Course> {
  const { resolver, memory, state } = host
  if (resolver.server === null) return { content: null, urgent: false, why: '' }
  const known = resolver.candidate
  const isKnown = known !== null && isSameTarget(known.target, target)
  const content = isKnown ? known.content : await steps.run('fetch', () => fetchContent(host, target))
  resolver.candidate = { target, content }
  const { confirmed, pending } = state.current
  const plan =
    isResolving(confirmed) && pending === null && memory.whole.is
      ? await planFor(host, content, confirmed)
      : ({ kind: 'reload' } as const)
  if (plan.kind === 'dns' && isResolving(confirmed))
    return followByDns(host, steps, { target, content, confirmed, seedsInMs: plan.seedsInMs })
  if (!isKnown) await serveMeanwhile(host, content)
  const isSeeds = plan.kind === 'seeds'
  return { content, urgent: isSeeds && plan.urgent, why: isSeeds ? plan.why : whyLoaded(host, content) }
}

function isResolving(installed: Installed | null): installed is Resolving {
  return installed?.resolved !== undefined
}

function whyLoaded({ resolver: { overflowed }, state }: Host, { installed }: Content): string {
  const { confirmed } = state.current
  if (confirmed !== null && isResolving(installed) && !isResolving(confirmed))
    return 'nginx resolves upstream servers now'
  if (overflowed.size === 0) return ''
  return `nginx had no memory for the addresses of ${[...overflowed].sort().join(', ')}: the zone is larger now`
}

async function planFor(host: Host, content: Content, { resolved }: Resolving): Promise<ResolvePlan> {
  const wanted = content.installed.resolved?.configId ?? ''
  const none: StaleSeeds = { gone: [], reused: [] }
  const isSame = wanted !== resolved.configId || content.installed.endpoints.sha256 === resolved.seeds.sha256
  const stale = isSame
    ? none
    : staleSeeds(
        content.layout.upstreams,
        parseEndpoints((await host.blobs.read(resolved.seeds)).toString()),
        content.endpoints,
      )
  const seedsAgeMs = host.elapsed() - host.resolver.seedsAt
  return resolvePlan({ wanted, confirmed: resolved.configId, stale, seedsAgeMs })
}

/** Addresses don't wait for the gate, nor for the test of other settings. */
async function serveMeanwhile({ resolver, state, blobs }: Host, content: Content): Promise<void> {
  const { confirmed } = state.current
  const next = { upstreams: content.layout.upstreams, endpoints: content.endpoints }
  if (!isResolving(confirmed)) return serveZone(resolver, zoneOf(next.upstreams, next.endpoints))
  const { layout, resolved } = confirmed
  const text = await blobs.read(layout, layoutKey(layout.sha256))
  const loaded = { upstreams: parseLayout(text.toString(), layout.sha256).upstreams, zones: resolved.zones }
  serveZone(resolver, zoneBetween(loaded, next, resolver.zone))
}

type Change = {
  readonly target: Target
  readonly content: Content
  readonly confirmed: Resolving
  readonly seedsInMs: number | null
}

async function followByDns(host: Host, steps: Steps, change: Change): Promise<Result> {
  const { resolver, memory, state, elapsed } = host
  const { content, confirmed, seedsInMs, target } = change
  const { configId, resolved } = confirmed
  const installed = { ...content.installed, configId, resolved }
  memory.prepared = null
  resolver.overflowed = new Set()
  resolver.seedsDueAt = seedsInMs === null ? null : elapsed() + seedsInMs
  const zone = zoneOf(content.layout.upstreams, content.endpoints)
  if (!isSameZone(zone, resolver.zone)) {
    serveZone(resolver, zone)
    resolver.followed = null
  } else if (resolver.followed === null && isInstalled(target, confirmed)) {
    await keep(host, installed)
    return done('unchanged', installed.releaseId)
  }
  if (resolver.followed?.content !== content) {
    const servedAt = resolver.followed?.servedAt ?? elapsed()
    resolver.followed = { content, servedAt, answeredAt: null, toldLate: false }
    await state.save({ ...state.current, following: installed })
  }
  const waiting = await awaitAnswers(host, resolver.followed, installed.releaseId)
  if (waiting !== null) return waiting
  await keep(host, installed)
  logLive(host, steps.timings)
  return done('endpoints', installed.releaseId, target.why === 'offered' ? '' : target.why)
}

async function keep({ state, resolver }: Host, confirmed: Resolving): Promise<void> {
  resolver.candidate = null
  resolver.followed = null
  const bad = forget(state.current.bad, [confirmed.layout.sha256, addressesId(confirmed)])
  await state.save({ ...state.current, confirmed, following: null, bad })
}

/** Null once nginx has been given every address and had the time to use it. */
async function awaitAnswers(host: Host, followed: Followed, releaseId: string): Promise<Result | null> {
  const { resolver, settings, table, elapsed, log } = host
  const unanswered = [...resolver.zone.keys()].filter((name) => resolver.server?.lastFull(name) === null)
  if (unanswered.length === 0) followed.answeredAt ??= elapsed()
  const verdict = dnsVerdict({ now: elapsed(), ...followed, unanswered })
  if (verdict.state === 'confirmed') return null
  if ((await findMaster(settings.nginx, table)) === null) return nginxDown(releaseId, settings.nginx.pidFile)
  if (verdict.state === 'wait')
    return { ...done('waiting', releaseId, verdict.reason), step: 'confirm', retryInMs: recheckMs }
  if (!followed.toldLate) log.warn('host-dns-unanswered', { reason: verdict.reason })
  followed.toldLate = true
  return { ...done('waiting', releaseId, verdict.reason), step: 'confirm' }
}
