import { forget } from '../../core/host/bad-marks.ts'
import { addressesId, isInstalled, type Target } from '../../core/host/choose-target.ts'
import { dnsVerdict } from '../../core/host/resolve/dns-verdict.ts'
import { isSameZone, zoneOf } from '../../core/host/resolve/zone-of.ts'
import type { Content } from '../content.ts'
import type { Host } from '../host.ts'
import { logLive } from '../live.ts'
import { findMaster } from '../nginx.ts'
import { done, nginxDown, type Result } from '../record.ts'
import type { Steps } from '../steps.ts'
import type { Resolving } from './plan.ts'
import { type Followed, serveZone } from './resolver.ts'

const recheckMs = 300

/** New addresses under the configuration that nginx runs. */
export type Change = {
  readonly target: Target
  readonly content: Content
  readonly confirmed: Resolving
  readonly seedsInMs: number | null
}

/** Lets the DNS server say them, and waits over as many cycles as it takes until nginx has taken them up. */
export async function followByDns(host: Host, steps: Steps, change: Change): Promise<Result> {
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
