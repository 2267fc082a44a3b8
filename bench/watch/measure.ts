import { setTimeout as delay } from 'node:timers/promises'
import type { ConsulClient } from '../../adapters/consul/client.ts'
import { percentile, tenths } from '../stats.ts'
import { withTimeout } from '../timeout.ts'
import type { Change } from './changes.ts'
import { write } from './fill-consul.ts'
import { connectionsTo, readStats } from './process-stats.ts'
import { clockMs, type Subject } from './subject.ts'

export type Spread = { readonly p50: number; readonly p90: number; readonly max: number }

export type Figures = {
  readonly cold_ms: number
  readonly write_to_rendered_ms: Spread
  readonly cpu_ms_per_change: number
  readonly rss_mb: number
  readonly connections: number
}

const spacingMs = 150
const longestMs = 60_000

/**
 * Makes changes one by one, each alone: the next comes when the last was rendered, and 150 ms after it at the earliest. The time is
 * from Consul's answer to the write, the CPU is that of the whole program without what it takes when nothing happens.
 */
export async function measureChanges(
  subject: Subject,
  client: ConsulClient,
  consulPort: number,
  changes: readonly Change[],
  idleMs: number,
): Promise<Figures & { readonly byKind: ReadonlyMap<string, readonly number[]> }> {
  const idle = await idlePerMs(subject.pid, idleMs)
  const byKind = new Map<string, number[]>()
  const before = await readStats(subject.pid)
  const began = clockMs()
  for (const change of changes) {
    const next = clockMs() + spacingMs
    const ms = await makeChange(subject, client, change)
    byKind.set(change.kind, [...(byKind.get(change.kind) ?? []), ms])
    await delay(Math.max(0, next - clockMs()))
  }
  const after = await readStats(subject.pid)
  const cpuMs = after.cpuMs - before.cpuMs - idle * (clockMs() - began)
  return {
    cold_ms: Math.round(subject.coldMs),
    write_to_rendered_ms: spreadOf([...byKind.values()].flat()),
    cpu_ms_per_change: tenths(Math.max(0, cpuMs) / changes.length),
    rss_mb: Math.round(after.rssMb),
    connections: await connectionsTo(subject.pid, consulPort),
    byKind,
  }
}

/** Milliseconds from Consul's answer to the rendering; 0 where Consul told the watcher before it told the writer. */
export async function makeChange(
  subject: Subject,
  client: ConsulClient,
  { kind, ops, expected }: Change,
): Promise<number> {
  const rendered = subject.rendered(expected)
  rendered.catch(() => {})
  await write(client, ops)
  const acknowledged = clockMs()
  const at = await withTimeout(rendered, longestMs, `${subject.name} did not render a change of ${kind}`)
  return Math.max(0, at - acknowledged)
}

export function spreadOf(samples: readonly number[]): Spread {
  const [p50 = 0, p90 = 0, max = 0] = [0.5, 0.9, 1].map((part) => percentile(samples, part))
  return { p50, p90, max }
}

/** CPU milliseconds per millisecond of a program that has nothing to do. */
async function idlePerMs(pid: number, ms: number): Promise<number> {
  const before = await readStats(pid)
  await delay(ms)
  return ((await readStats(pid)).cpuMs - before.cpuMs) / ms
}
