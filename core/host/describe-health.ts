import type { Applied, Health, Release } from './health.ts'

/** `/healthz` as lines for people. What is missing is left out, so that also an agent of another version can be asked. */
export function describeHealth(health: Partial<Health>): readonly string[] {
  const { working, reason, lastPoll, lastCycle, certificates } = health
  const rows: readonly (readonly [string, string | null])[] = [
    ['agent', working === undefined ? null : working ? 'follows its channel' : `in trouble: ${reason}`],
    ['channel', health.channel === undefined ? null : `${health.deployment}/${health.channel}`],
    ['versions', versions(health)],
    ['offered', release(health.offered)],
    ['applied', release(health.applied)],
    ['pending', release(health.pending)],
    ['last poll', lastPoll === undefined ? null : (ago(lastPoll) ?? 'never')],
    ['last cycle', lastCycle ? `${lastCycle.outcome}${detail(lastCycle)}, ${ago(lastCycle)}` : null],
    ['draining', draining(health.drainingGenerations)],
    ['certificates', certificates?.problem ?? ends(certificates)],
    ...(health.refused ?? []).map((one) => ['refused', refusal(one)] as const),
  ]
  return rows.flatMap(([name, text]) => (text === null ? [] : [`${`${name}:`.padEnd(14)}${printable(text)}`]))
}

/** Reasons hold words of nginx and of what was read, which must not move a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}

function versions({ agent, nginx, nginxRunning, mode, modeReason }: Partial<Health>): string | null {
  if (agent === undefined) return null
  const state = nginxRunning === false ? ', not running' : ''
  const why = modeReason ? ` (${modeReason})` : ''
  return `agent ${agent}, nginx ${nginx ?? 'unknown'}${state}, mode ${mode}${why}`
}

function release(one: Release | Applied | null | undefined): string | null {
  if (one === undefined) return null
  if (one === null) return '-'
  const config = 'configId' in one ? `, configuration ${one.configId.slice(0, 12)}` : ''
  return `generation ${one.generation}, release ${one.releaseId.slice(0, 12)}${config}`
}

function detail({ step, reason }: { step: string | null; reason: string }): string {
  return `${step === null ? '' : ` at ${step}`}${reason === '' ? '' : ` (${reason})`}`
}

function ago(one: { readonly secondsAgo: number } | null): string | null {
  return one === null ? null : `${one.secondsAgo} s ago`
}

function draining(generations: number | undefined): string | null {
  return generations ? `${generations} old generations of workers still serve connections` : null
}

function ends(certificates: Health['certificates'] | undefined): string | null {
  if (certificates === undefined || certificates.files === 0) return null
  return `${certificates.files} files, the first one ends ${certificates.expires ?? 'at an unknown time'}`
}

function refusal({ step, reason, retryAt }: Health['refused'][number]): string {
  return `at ${step}: ${reason}${retryAt === null ? '' : `; tried again at ${retryAt}`}`
}
