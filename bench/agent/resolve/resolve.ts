import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from '../../../core/release/endpoints.ts'
import { type Nginx, startNginx } from '../../../local/nginx/start-nginx.ts'
import { freePort } from '../../../local/processes/free-ports.ts'
import type { Processes } from '../../../local/processes/processes.ts'
import type { NginxTool } from '../../../local/tools/tool.ts'
import { percentile } from '../../stats.ts'
import { type BenchHost, startBenchHost } from '../host.ts'
import { type Backends, startBackends } from './backends.ts'
import { type Change, effectOf, seen, whenKnown } from './follow.ts'
import { type Load, startLoad } from './load.ts'
import { loadedRelease, staticText } from './release.ts'
import { compareCpu } from './rounds.ts'

export type ResolveResult = {
  readonly changes: number
  /** From the agent's DNS data, and from the pointer, until the new server answers and the old one has ceased to. */
  readonly effect_ms: { readonly p50: number; readonly max: number }
  readonly from_pointer_ms: { readonly p50: number; readonly max: number }
  readonly reloads: number
  readonly failed_requests: number
  readonly cpu_ratio_to_static: number
  /** Two replacements of every instance, one after the other. */
  readonly replaced: {
    readonly effect_ms: { readonly max: number }
    readonly reloads: number
    readonly failed_requests: number
  }
}

export type ResolveOptions = {
  readonly processes: Processes
  readonly node: string
  readonly tools: { readonly newer: NginxTool; readonly backend: NginxTool }
  readonly servers: number
  readonly changes: number
  readonly pollMs: number
  readonly rounds: number
  /** Requests a second. */
  readonly rate: number
}

/** The instances that are there all the time, which are what the seeds were made of. */
const lasting = 10
const restMs = 700

type Stage = {
  readonly host: BenchHost
  readonly backends: Backends
  readonly dnsPort: number
  readonly servers: number
  readonly rate: number
}

/** Changes of addresses on a host whose nginx resolves them, under load, and what resolving costs per request. */
export async function measureResolve(
  options: ResolveOptions,
  progress: (line: string) => void,
): Promise<ResolveResult> {
  const { processes, node, tools, servers, changes, pollMs, rounds, rate } = options
  const dnsPort = await freePort()
  const backends = await startBackends(tools.backend, processes, changes + 1 + 3 * lasting)
  const settings = { mode: 'resolve', dnsPort }
  const host = await startBenchHost({ processes, node, nginx: tools.newer, pollMs, settings })
  const stage = { host, backends, dnsPort, servers, rate }
  await host.publish(loadedRelease(host.port, servers, liveServers(backends, 0)))
  progress(`nginx ${tools.newer.version} resolves; ${changes} changes at ${rate} requests a second`)
  const counted = await countReloads(host.nginx, () => playChanges(stage, changes))
  progress('two replacements of every instance')
  const replaced = await countReloads(host.nginx, () => replaceAll(stage, changes + 1 + lasting))
  progress(`${rounds} rounds beside static servers`)
  const ratio = await compareToStatic(stage, options)
  await host.close()
  await backends.nginx.stop()
  const { effects, failed } = counted.result
  const [fromDns, fromPointer] = [effects.map((one) => one.fromDns), effects.map((one) => one.fromPointer)]
  return {
    changes,
    effect_ms: { p50: percentile(fromDns, 0.5), max: percentile(fromDns, 1) },
    from_pointer_ms: { p50: percentile(fromPointer, 0.5), max: percentile(fromPointer, 1) },
    reloads: counted.reloads,
    failed_requests: failed,
    cpu_ratio_to_static: ratio,
    replaced: {
      effect_ms: {
        max: percentile(
          replaced.result.effects.map((one) => one.fromDns),
          1,
        ),
      },
      reloads: replaced.reloads,
      failed_requests: replaced.result.failed,
    },
  }
}

/** The lasting ones, and from the first change on one that is another one with each. */
function liveServers({ server }: Backends, change: number): readonly Server[] {
  const extra = change === 0 ? [] : [server(lasting + change)]
  return [...Array.from({ length: lasting }, (_, at) => server(at)), ...extra]
}

async function playChanges(stage: Stage, count: number) {
  const { server } = stage.backends
  const load = startLoad(stage.host.port, stage.rate)
  const changes: Change[] = []
  for (let change = 1; change <= count; change += 1) {
    const joined = [server(lasting + change)]
    const left = change === 1 ? [] : [server(lasting + change - 1)]
    changes.push(await play(stage, load, { live: liveServers(stage.backends, change), joined, left }))
    await delay(Math.random() * restMs)
  }
  return finish(load, changes)
}

async function replaceAll(stage: Stage, from: number) {
  const { server } = stage.backends
  const fleet = (at: number) => Array.from({ length: lasting }, (_, n) => server(from + at * lasting + n))
  const load = startLoad(stage.host.port, stage.rate)
  const first = await play(stage, load, {
    live: fleet(0),
    joined: fleet(0),
    left: liveServers(stage.backends, from - lasting - 1),
  })
  const second = await play(stage, load, { live: fleet(1), joined: fleet(1), left: fleet(0) })
  return finish(load, [first, second])
}

type Play = Pick<Change, 'joined' | 'left'> & { readonly live: readonly Server[] }

/** Publishes and waits for the effect; the agent's own confirmation comes later and is not waited for. */
async function play(
  { host, dnsPort, servers }: Stage,
  load: Load,
  { live, joined, left }: Play,
): Promise<Change> {
  const known = whenKnown(dnsPort, joined[0] ?? missing())
  const { putAt } = await host.put(loadedRelease(host.port, servers, live))
  const change = { joined, left, putAt, dnsAt: await known }
  await seen(load, change, restMs)
  return change
}

async function finish(load: Load, changes: readonly Change[]) {
  await delay(restMs)
  await load.stop()
  if (load.failed > 0) process.stderr.write(`failures: ${load.failures.join('; ')}\n`)
  return { failed: load.failed, effects: changes.map((change) => effectOf(load, change)) }
}

/** How often nginx was reloaded while something was done. */
async function countReloads<Result>(nginx: Nginx, work: () => Promise<Result>) {
  const count = async () => (await readFile(nginx.errorLog, 'utf8')).split(', reconfiguring').length
  const before = await count()
  const result = await work()
  return { result, reloads: (await count()) - before }
}

/** The CPU of a request on this host by that on one with the same servers as static lines. */
async function compareToStatic(
  { host, backends, servers }: Stage,
  { processes, tools, rounds, rate }: ResolveOptions,
): Promise<number> {
  const port = await freePort()
  const entryFolder = await processes.temporaryFolder('static')
  const release = loadedRelease(port, servers, liveServers(backends, 0))
  await host.publish(loadedRelease(host.port, servers, liveServers(backends, 0)))
  await writeFile(join(entryFolder, 'quayside.http.conf'), staticText(release))
  const nginx = await startNginx({
    nginx: tools.newer,
    processes,
    entryFolder,
    workers: 2,
    name: 'the static nginx',
  })
  const [resolving, fixed] = await compareCpu(
    { pid: host.nginx.pid, port: host.port },
    { pid: nginx.pid, port },
    rate,
    rounds,
  )
  await nginx.stop()
  return Math.round((100 * resolving) / fixed) / 100
}

function missing(): never {
  throw new Error('a change without a server that joins')
}
