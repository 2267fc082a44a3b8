import { confirmBuckets, type Histogram } from './counts.ts'
import { healthOf } from './health.ts'
import type { DnsCounts, HostView } from './host-view.ts'
import type { Metric, Sample } from './prometheus.ts'

/** What `/metrics` tells. No label is the name of a service, a route or a file, so their number stays the same in a fleet of any size. */
export function agentMetrics(view: HostView): readonly Metric[] {
  return [...situation(view), ...work(view), ...network(view)].map((metric) => {
    return { ...metric, name: `quayside_agent_${metric.name}` }
  })
}

function situation(view: HostView): readonly Metric[] {
  const { agent, nginx, mode, state, offered, now, certificates } = view
  const expires = offered === null ? null : (Date.parse(offered.expires) - now) / 1_000
  const build = { version: agent, nginx: nginx ?? '', mode }
  return [
    {
      ...{ name: 'build_info', type: 'gauge', help: 'Versions of the agent and of nginx; always 1.' },
      samples: [{ labels: build, value: 1 }],
    },
    gauge('working', 'Whether this host follows its channel, as /healthz says.', healthOf(view).working),
    gauge('nginx_running', 'Whether the nginx master runs.', view.isRunning),
    gauge('offered_generation', 'Generation of the pointer that was verified last.', offered?.generation),
    gauge('applied_generation', 'Generation that nginx was seen serving.', state?.confirmed?.generation),
    gauge('offered_life_seconds', 'How long the pointer is still valid; negative when it expired.', expires),
    gauge('bad_layouts', 'Layouts or addresses that this host could not take.', state?.bad.length),
    gauge('refused_pointer', 'Whether what the channel holds is refused.', view.refused !== null),
    gauge(
      'draining_generations',
      'Old generations of nginx workers that still serve connections.',
      view.drainingGenerations,
    ),
    gauge('certificate_files', 'Certificate and key files that the release names.', certificates.files),
    gauge(
      'certificate_problem',
      'Whether nginx could not load the certificate files as they are now.',
      certificates.problem !== null,
    ),
    gauge(
      'certificate_expiry_timestamp_seconds',
      'When the first certificate on disk ends.',
      certificates.expires === null ? null : certificates.expires / 1_000,
    ),
  ]
}

function work({ counts, upMs, polledMsAgo, confirmedReloads }: HostView): readonly Metric[] {
  const cycles = Object.entries(counts.cycles).map(([outcome, value]) => ({ labels: { outcome }, value }))
  const reloads = [
    { labels: { result: 'confirmed' }, value: confirmedReloads },
    { labels: { result: 'failed' }, value: counts.failedReloads },
  ]
  return [
    gauge('uptime_seconds', 'Since the agent started.', upMs / 1_000),
    gauge(
      'last_successful_poll_age_seconds',
      'Since the channel was last heard.',
      polledMsAgo === null ? null : polledMsAgo / 1_000,
    ),
    counter('cycles_total', 'Cycles by what they came to.', cycles),
    counter('reloads_total', 'Reloads of nginx by their result.', reloads),
    counter('reload_waits_total', 'Cycles that ended with a reload held back.', [
      { value: counts.reloadWaits },
    ]),
    {
      ...{ name: 'confirm_duration_seconds', type: 'histogram' },
      help: 'From the reload until nginx was seen serving the configuration, or was given up.',
      samples: histogram(counts.confirms),
    },
  ]
}

function network({ traffic, dns }: HostView): readonly Metric[] {
  return [
    counter('requests_total', 'Requests to the release bucket that were answered.', [
      { value: traffic.requests },
    ]),
    counter('not_modified_total', 'Polls answered with 304.', [{ value: traffic.notModified }]),
    counter('fetched_bytes_total', 'Bytes of answers of the release bucket.', [{ value: traffic.bytes }]),
    ...(dns === null ? [] : dnsMetrics(dns)),
  ]
}

function dnsMetrics({ queries, servfail, truncated, refused, ignored }: DnsCounts): readonly Metric[] {
  const one = (name: string, help: string, value: number) => counter(`dns_${name}_total`, help, [{ value }])
  return [
    one('queries', 'Questions of nginx that got an answer.', queries),
    one('servfail', 'Questions for names that are not known or have no server.', servfail),
    one('truncated', 'Answers too long for a datagram, asked for again by TCP.', truncated),
    one('refused', 'Questions that were malformed or of another kind.', refused),
    one('ignored', 'Messages that got no answer.', ignored),
  ]
}

function gauge(name: string, help: string, value: number | boolean | null | undefined): Metric {
  const known = value === null || value === undefined ? [] : [{ value: Number(value) }]
  return { name, type: 'gauge', help, samples: known }
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'counter', help, samples }
}

function histogram({ atMost, count, sumSeconds }: Histogram): readonly Sample[] {
  const buckets = confirmBuckets.map((le, i) => bucket(String(le), atMost[i] ?? 0))
  return [
    ...buckets,
    bucket('+Inf', count),
    { suffix: '_sum', value: sumSeconds },
    { suffix: '_count', value: count },
  ]
}

function bucket(le: string, value: number): Sample {
  return { suffix: '_bucket', labels: { le }, value }
}
