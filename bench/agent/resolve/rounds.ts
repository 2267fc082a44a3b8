import { setTimeout as delay } from 'node:timers/promises'
import { childrenOf } from '../../../adapters/process-table.ts'
import { cpuMsOf } from '../process-figures.ts'
import { startLoad } from './load.ts'

type Place = { readonly pid: number; readonly port: number }

const roundMs = 2_000

/**
 * Microseconds of worker CPU per request of two nginx hosts under the same load, in rounds that take turns, so that what else the machine
 * does hits both. Each figure is the median of its rounds.
 */
export async function compareCpu(
  one: Place,
  other: Place,
  perSecond: number,
  rounds: number,
): Promise<readonly [number, number]> {
  const samples: readonly [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0]
    for (const at of order) samples[at as 0 | 1].push(await measureRound(at === 0 ? one : other, perSecond))
  }
  return [median(samples[0]), median(samples[1])]
}

async function measureRound({ pid, port }: Place, perSecond: number): Promise<number> {
  const before = await workersCpu(pid)
  const load = startLoad(port, perSecond)
  await delay(roundMs)
  await load.stop()
  if (load.failed > 0) throw new Error(`${load.failed} requests failed: ${load.failures[0]}`)
  return ((await workersCpu(pid)) - before) * (1000 / load.requests)
}

async function workersCpu(master: number): Promise<number> {
  const times = await Promise.all((await childrenOf(master)).map(({ pid }) => cpuMsOf(pid)))
  return times.reduce((sum, time) => sum + time, 0)
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0
}
