import { setTimeout as delay } from 'node:timers/promises'
import { tenths } from '../stats.ts'
import { cpuMsOf, memoryOf } from './process-figures.ts'

export type Idle = { readonly rss_mb: number; readonly anonymous_mb: number; readonly cpu_percent: number }

const settleMs = 5_000

/** What a process takes while nothing happens, over `ms`; the share of CPU is that of one core. */
export async function measureIdle(pid: number, ms: number): Promise<Idle> {
  await delay(Math.min(settleMs, ms))
  const [before, began] = [await cpuMsOf(pid), performance.now()]
  await delay(ms)
  const [after, ended] = [await cpuMsOf(pid), performance.now()]
  const { rss, anonymous } = await memoryOf(pid)
  const percent = (100 * (after - before)) / (ended - began)
  return {
    rss_mb: tenths(rss),
    anonymous_mb: tenths(anonymous),
    cpu_percent: Math.round(percent * 1000) / 1000,
  }
}
