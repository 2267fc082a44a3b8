import type { Pointer } from '../../core/release/channel.ts'
import { fleetOf, type StandingHost } from '../../core/release/fleet.ts'
import type { ReportedHost } from '../../core/release/parse-report.ts'
import { visible } from '../../core/route/problem.ts'
import { table } from '../../local/table.ts'

/** The hosts of a channel as a table, those that need somebody first, and a line that sums them up. */
export function fleetLines(
  reports: readonly ReportedHost[],
  pointer: Pointer,
  now: number,
): readonly string[] {
  const hosts = fleetOf(reports, pointer, { now, since: Date.parse(pointer.created) })
  if (hosts.length === 0) return ['hosts: none has reported within a day']
  const sorted = [...hosts].sort((a, b) => rank(a) - rank(b) || (a.report.host < b.report.host ? -1 : 1))
  const head = ['host', 'state', 'release', 'nginx', 'endpoints', 'agent', 'reported', 'reason']
  return [
    `hosts: ${summary(hosts)}`,
    '',
    ...table(
      head,
      sorted.map((host) => cells(host, now)),
    ).split('\n'),
  ]
}

const order = ['refusing', 'gone', 'behind', 'current'] as const

function rank({ standing }: StandingHost): number {
  return order.indexOf(standing)
}

function summary(hosts: readonly StandingHost[]): string {
  const counted = [...order]
    .reverse()
    .map((standing) => [standing, hosts.filter((host) => host.standing === standing).length] as const)
  return counted
    .filter(([, count]) => count > 0)
    .map(([standing, count]) => `${count} ${standing}`)
    .join(', ')
}

function cells({ report, standing }: StandingHost, now: number): readonly string[] {
  const { host, release, nginx, mode, agent, at, reason } = report
  const own = [host, standing, release?.slice(0, 12) ?? 'none', nginx, mode || '-', agent]
  return [...own, `${ago(now - Date.parse(at))} ago`, reason].map((cell) => visible(cell).slice(0, 120))
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}
