import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { table } from '../../local/table.ts'
import { runCommand } from '../../local/tools/command.ts'
import type { Benchmark } from '../benchmarks.ts'
import { countOf } from '../options.ts'
import { percentile } from '../stats.ts'
import { bundleClients, bundleFunction } from './bundles.ts'

type Row = {
  readonly function: string
  readonly bytes: number
  /** Of these, what isn't of a library. */
  readonly own_bytes: number
  /** Medians, from the start of the process to the first line of the handler. */
  readonly start_ms: number
  readonly clients_ms: number
  readonly ratio: number
}

type Result = { readonly bench: 'start'; readonly functions: readonly Row[] }

const names = ['register', 'reconcile', 'publish', 'sweep'] as const

/**
 * How much longer each function's bundle takes to start than one with nothing but the same clients and libraries. Each start is a process
 * of its own; the two take turns, so that a slow moment of the machine meets both.
 */
export const startBenchmark: Benchmark<Result> = {
  about: 'how long the bundles take to start, beside their AWS clients alone (30 s)',
  options: '--runs <n> (15)',
  async run(progress, args) {
    const runs = countOf(args, 'runs', 15)
    const folder = mkdtempSync(join(tmpdir(), 'quayside-start-'))
    try {
      const rows: Row[] = []
      for (const name of names) {
        rows.push(await measure(name, folder, runs))
        progress(`${name}: ${rows.at(-1)?.start_ms} ms, its clients alone ${rows.at(-1)?.clients_ms} ms`)
      }
      return { bench: 'start', functions: rows }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  describe: ({ functions }) =>
    table(
      ['function', 'KB', 'own KB', 'start ms', 'clients alone', 'ratio'],
      functions.map(({ function: name, bytes, own_bytes, start_ms, clients_ms, ratio }) => [
        ...[name, Math.round(bytes / 1000), Math.round(own_bytes / 1000)],
        ...[start_ms, clients_ms, ratio],
      ]),
    ),
}

async function measure(name: string, root: string, runs: number): Promise<Row> {
  const folders = [join(root, name), join(root, `${name}-clients`)] as const
  for (const folder of folders) mkdirSync(folder)
  const whole = await bundleFunction(name, folders[0])
  const clients = await bundleClients(whole.sources, folders[1])
  const times: { start: number[]; clients: number[] } = { start: [], clients: [] }
  for (let run = 0; run < runs; run += 1) {
    times.start.push(await startOf(whole.file))
    times.clients.push(await startOf(clients.file))
  }
  const [start, alone] = [percentile(times.start, 0.5), percentile(times.clients, 0.5)]
  return {
    ...{ function: name, bytes: whole.bytes, own_bytes: whole.ownBytes },
    ...{ start_ms: start, clients_ms: alone, ratio: Math.round((start / alone) * 100) / 100 },
  }
}

const environment = {
  ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
  ...{ QUAYSIDE_QUEUE_URL: 'http://127.0.0.1:1/queue', QUAYSIDE_BUCKET: 'releases' },
  QUAYSIDE_SIGNING_KEY: 'local',
}

/** Milliseconds from the start of a process to the moment at which it would call the handler. */
async function startOf(file: string): Promise<number> {
  const script = `import(${JSON.stringify(file)}).then(({ handler }) => {
    if (typeof handler !== 'function') throw new Error('no handler')
    console.log(performance.now())
    process.exit()
  })`
  const { ok, stdout, stderr } = await runCommand(process.execPath, ['-e', script], { env: environment })
  if (!ok) throw new Error(`${file} does not start: ${stderr.slice(-800)}`)
  return Number(stdout)
}
