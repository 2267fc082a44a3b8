import type { Metrics } from '../../adapters/metrics.ts'
import { explain } from '../../core/errors.ts'
import type { Pointer } from '../../core/release/channel.ts'
import { fleetOf, forgottenMs, type Standing, type StandingHost } from '../../core/release/fleet.ts'
import type { ReportedHost } from '../../core/release/parse-report.ts'
import { visible } from '../../core/route/problem.ts'
import type { PublishLog } from './announce.ts'
import { createReleasesInForce } from './releases-in-force.ts'

export type FleetDeps = {
  /** What hosts have reported since a time in Unix milliseconds. */
  readonly readReports: (since: number) => Promise<readonly ReportedHost[]>
  readonly metrics: Pick<Metrics, 'count' | 'milliseconds'>
  readonly log: PublishLog
  readonly now: () => number
}

/** Looks once a minute how the hosts do, beside everything else: nothing waits for it, and what it can't read stops nothing. */
export type FleetWatch = {
  /** Takes in what is in force, and looks if that is due. Returns when it next is, in Unix milliseconds. */
  readonly tick: (pointers: readonly Pointer[]) => number
}

const everyMs = 60_000
const mostNamed = 5
const troubles = ['behind', 'refusing', 'gone'] as const satisfies readonly Standing[]

export function createFleetWatch({ readReports, metrics, log, now }: FleetDeps): FleetWatch {
  const startedAt = now()
  const inForce = createReleasesInForce(now)
  /** The time at which each host last went live, as far as that was measured. */
  const measured = new Map<string, string>()
  let dueAt = now() + everyMs
  let told = ''

  async function look(pointers: readonly Pointer[]): Promise<void> {
    const reports = await readReports(now() - forgottenMs)
    const hosts = pointers.flatMap((pointer) => fleetOf(reports, pointer, inForce(pointer)))
    for (const [standing, name] of standings)
      metrics.count(name, hosts.filter((host) => host.standing === standing).length)
    for (const { report } of hosts) measureLive(report)
    tell(hosts)
  }

  /**
   * Each time once, of releases that this publisher signed: what went live before was its predecessor's to measure, and a host that was
   * just started has a release that may be days old, which says nothing of how long a change takes.
   */
  function measureLive({ host, live }: ReportedHost): void {
    if (live === null || measured.get(host) === live.at) return
    if (Date.parse(live.at) - live.afterMs < startedAt) return
    measured.set(host, live.at)
    metrics.milliseconds('PublishedToLive', live.afterMs)
  }

  function tell(hosts: readonly StandingHost[]): void {
    const named = troubles.map((standing) => [standing, wordsOf(hosts, standing)] as const)
    const news = JSON.stringify(named)
    const [isWell, wasWell] = [news, told].map((text) => text === '' || text === allWell)
    if (news === told || (isWell && wasWell)) return
    told = news
    if (isWell) log.info('hosts-recovered', { hosts: hosts.length })
    else log.warn('hosts-in-trouble', { hosts: hosts.length, ...Object.fromEntries(named) })
  }

  return {
    tick: (pointers) => {
      for (const pointer of pointers) inForce(pointer)
      if (now() < dueAt) return dueAt
      dueAt = now() + everyMs
      look(pointers).catch((error: unknown) => log.warn('hosts-unread', { error: explain(error) }))
      return dueAt
    },
  }
}

const standings = [
  ['current', 'HostsCurrent'],
  ['behind', 'HostsBehind'],
  ['refusing', 'HostsRefusing'],
  ['gone', 'HostsGone'],
] as const

const allWell = JSON.stringify(troubles.map((standing) => [standing, []]))

/** The first few by name and, if they say so, why; a host writes its own report, so its words are made harmless. */
function wordsOf(hosts: readonly StandingHost[], standing: Standing): readonly string[] {
  const own = hosts.filter((host) => host.standing === standing)
  const words = own.slice(0, mostNamed).map(({ report: { host, step, reason } }) => {
    const why = standing !== 'gone' && reason !== '' ? ` at ${step ?? 'rest'}: ${reason}` : ''
    return visible(`${host}${why}`).slice(0, 300)
  })
  return own.length > mostNamed ? [...words, `and ${own.length - mostNamed} more`] : words
}
