import { explain } from '../core/errors.ts'
import { addressesId } from '../core/host/choose-target.ts'
import { releaseId } from '../core/release/channel.ts'
import { hostReportKey } from '../core/release/keys.ts'
import type { HostReport } from '../core/release/report.ts'
import type { Host } from './host.ts'
import { identityOf } from './live.ts'
import type { CycleRecord } from './record.ts'
import { modeOf } from './resolver/due.ts'
import { agentVersion } from './version.ts'

/**
 * Puts the host's report into the bucket when something changed, at most every half minute where that is addresses alone, and every five
 * minutes as a sign of life.
 */
export type Reporter = { consider(record: CycleRecord): Promise<void> }

const heartbeatMs = 300_000
/**
 * Addresses change all day long, on every host at the same time, and each report is paid for. Below the minute after which a host that
 * doesn't tell of a release counts as behind.
 */
const addressesMs = 30_000
const retryMs = 10_000

export function createReporter(host: Host): Reporter {
  let sent: Signature = { state: '', addresses: '' }
  let sentAt = Number.NEGATIVE_INFINITY
  let retryAt = Number.NEGATIVE_INFINITY
  return {
    async consider(cycle) {
      const record = withRefusal(host, cycle)
      const now = host.elapsed()
      // A reload that is only held back, or a poll that failed, changes nothing that the fleet's operators would act on at once.
      const held = record.outcome === 'waiting' && record.retryInMs !== null
      const passing = held || (record.outcome === 'failed' && record.step === 'poll')
      if (now < retryAt || (passing && now - sentAt < heartbeatMs)) return
      const signature = signatureOf(host, record)
      if (now - sentAt < restMs(sent, signature)) return
      try {
        const report = await buildReport(host, record)
        await host.bucket.put(hostReportKey(report.host), `${JSON.stringify(report)}\n`)
        sent = signature
        sentAt = now
      } catch (error) {
        retryAt = now + retryMs
        host.log.warn('host-report-failed', { reason: explain(error) })
      }
    },
  }
}

/**
 * While the offered layout doesn't work here, the host says so whatever else it does: new endpoints on the confirmed layout are no reason
 * to look healthy.
 */
function withRefusal({ state, memory }: Host, record: CycleRecord): CycleRecord {
  const { wanted } = memory
  const ids = wanted === null ? [] : [wanted.layout.sha256, addressesId(wanted)]
  const mark = state.current.bad.find(({ id }) => ids.includes(id))
  const fine =
    record.outcome === 'endpoints' || record.outcome === 'unchanged' || record.outcome === 'installed'
  return mark === undefined || !fine
    ? record
    : { ...record, outcome: 'rejected', step: mark.step, reason: mark.reason }
}

async function buildReport(host: Host, record: CycleRecord): Promise<HostReport> {
  const { settings, state, memory, capability, now } = host
  const { confirmed } = state.current
  const { wanted } = memory
  const { problem } = memory.certificates
  const mode = modeOf(host)
  return {
    schema: 1,
    host: await host.userId(),
    deployment: settings.deployment,
    channel: settings.channel,
    offered:
      wanted === null
        ? null
        : { generation: wanted.generation, releaseId: releaseId(wanted), layout: wanted.layout.sha256 },
    applied:
      confirmed === null
        ? null
        : {
            ...identityOf(confirmed),
            layout: confirmed.layout.sha256,
            endpoints: confirmed.endpoints.sha256,
          },
    outcome: record.outcome,
    step: record.step,
    reason: record.reason || (problem === null ? '' : `the certificate files: ${problem.slice(0, 500)}`),
    timings: record.timings,
    live: memory.live,
    nginx: capability.version,
    mode: mode.mode,
    ...(mode.why === '' ? {} : { modeReason: mode.why }),
    agent: agentVersion,
    ...(problem === null ? {} : { certificates: problem.slice(0, 1_000) }),
    at: new Date(now()).toISOString(),
  }
}

type Signature = { readonly state: string; readonly addresses: string }

/** How long after the last report the next one may be sent. */
function restMs(sent: Signature, { state, addresses }: Signature): number {
  if (state !== sent.state) return 0
  return addresses === sent.addresses ? heartbeatMs : addressesMs
}

/** What makes a report news; a new generation of the same content does not, and neither does what comes between news and rest. */
function signatureOf(host: Host, { outcome, step, reason }: CycleRecord): Signature {
  const { state, memory } = host
  const { confirmed } = state.current
  const { wanted } = memory
  const settled = outcome === 'unchanged' || outcome === 'installed' || outcome === 'endpoints'
  const said = settled ? 'ok' : [outcome, step, reason]
  const layouts = [wanted?.layout.sha256, confirmed?.layout.sha256]
  const releases = [wanted === null ? null : releaseId(wanted), confirmed?.releaseId, confirmed?.configId]
  return {
    state: JSON.stringify([said, layouts, memory.certificates.problem, modeOf(host)]),
    addresses: JSON.stringify(releases),
  }
}
