import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { Ref } from '../../../core/release/channel.ts'
import { blobKey } from '../../../core/release/keys.ts'
import { pinLayout, unpin } from './operator.ts'
import { type Release, releasesOf } from './oracle.ts'
import { startRacer } from './racer.ts'
import { openWorld, type World } from './world.ts'

/** What happens to the tasks of two services, and what an operator does meanwhile. Numbers count round what there is. */
export type Step =
  | { readonly do: 'start' | 'label' | 'opt out' | 'empty'; readonly service: number }
  | { readonly do: 'drain' | 'stop' | 'lose'; readonly service: number; readonly task: number }
  | { readonly do: 'pin'; readonly layout: number }
  | { readonly do: 'unpin' | 'restart' }

const services = ['web', 'api'] as const
const methods = ['least_conn', 'round_robin', 'ip_hash'] as const

const service = fc.nat(services.length - 1)
const one = <Do extends string>(...what: Do[]) => fc.constantFrom(...what)
export const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: one('start'), service }) },
    { weight: 3, arbitrary: fc.record({ do: one('label', 'opt out', 'empty'), service }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: one('drain', 'stop', 'stop', 'lose'), service, task: fc.nat(9) }),
    },
    { weight: 2, arbitrary: fc.record({ do: one('pin'), layout: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ do: one('unpin', 'restart') }) },
  ),
  { minLength: 5, maxLength: 40, size: 'max' },
)

type ServiceName = (typeof services)[number]
type Task = {
  readonly id: string
  readonly service: string
  readonly port: number
  state: 'live' | 'draining'
}

type Stage = {
  readonly world: World
  tasks: Task[]
  started: number
  restarts: number
  readonly labels: Map<string, number>
  readonly out: Set<string>
  /** Ports of tasks that drain and were the last of their service. */
  readonly lingering: Set<number>
  /** Whether an operator's template reads both services; it is another one after each restart of the publisher. */
  readonly templated: boolean
  pinned: string | null
  publisher: ReturnType<typeof startRacer>
}

/** Plays the steps, each with time to come to rest, and asserts after each what hosts have then. */
export async function playRollback(steps: readonly Step[], templated = false): Promise<void> {
  const world = openWorld(steps.length)
  try {
    const publisher = startRacer(world, 'publisher', templatesOf(templated, 0))
    const nothing = {
      tasks: [],
      started: 0,
      restarts: 0,
      pinned: null,
      labels: new Map(),
      out: new Set<string>(),
      lingering: new Set<number>(),
    }
    const stage: Stage = { world, publisher, templated, ...nothing }
    for (const name of services) start(stage, name)
    await world.pass(restMs)
    for (const step of steps) await takeAndCheck(stage, step)
  } finally {
    await world.close()
  }
}

const restMs = 12_000

async function takeAndCheck(stage: Stage, step: Step): Promise<void> {
  const { world } = stage
  const before = world.bucket.pointers().length
  const dead = deadPorts(stage)
  await take(stage, step)
  await world.pass(restMs)
  const releases = releasesOf(world)
  const served = releases.slice(before).flatMap((release) => {
    return textsOf(world, release).flatMap((text) => [...portsIn(text)])
  })
  // A port that a new task was given meanwhile is no longer a dead one's.
  const back = served.filter((port) => dead.has(port) && deadPorts(stage).has(port))
  assert.deepEqual(back, [], `after ${JSON.stringify(step)} addresses of stopped tasks are served`)
  assertFollows(stage, releases.at(-1), JSON.stringify(step))
}

function assertFollows(stage: Stage, release: Release | undefined, after: string): void {
  assert.ok(release !== undefined)
  const [upstreams = '', ...made] = textsOf(stage.world, release)
  assertServes(
    stage,
    release,
    portsIn(upstreams),
    services.filter((name) => release.service(name) !== null),
    after,
  )
  assert.equal(made.length, stage.templated ? 1 : 0)
  for (const text of made) assertServes(stage, release, portsIn(text), services, after)
}

/** All living tasks of the services that are in a file take traffic, draining ones only where they were the last, and nobody else. */
function assertServes(
  stage: Stage,
  release: Release,
  served: ReadonlySet<number>,
  inLayout: readonly ServiceName[],
  after: string,
): void {
  const foreseen = new Set<number>()
  for (const name of inLayout) {
    const own = stage.tasks.filter((task) => task.service === name)
    const live = own.filter(({ state }) => state === 'live')
    const due = live.length > 0 ? live : own.filter(({ port }) => stage.lingering.has(port))
    for (const { port } of due) assert.ok(served.has(port), `after ${after} ${name} lacks port ${port}`)
    const { instances } = stage.world.truth.snapshot(name)
    // One that vanished from the catalog stays in, but it is no proof that anything else can go.
    const seen = live.some(({ port }) => instances.some((one) => one.port === port))
    for (const { port } of seen ? live : own) foreseen.add(port)
    const states = instances.length > 0
    // What a service without an instance states nobody can know.
    if (stage.pinned === null && states && release.service(name) !== null)
      assert.equal(release.service(name)?.method, methodOf(stage, name), `after ${after}`)
  }
  assert.deepEqual(
    [...served].filter((port) => !foreseen.has(port)),
    [],
    `after ${after}`,
  )
  if (stage.pinned !== null) assert.equal(release.pointer.layout.sha256, stage.pinned, `after ${after}`)
}

/** What nginx would be given: our own upstreams, and what the operator's template made. */
function textsOf({ bucket }: World, { pointer }: Release): readonly string[] {
  return [pointer.upstreams.http, ...pointer.volatile].map(({ sha256 }) =>
    gunzipSync(bucket.get(blobKey(sha256)) ?? assert.fail()).toString(),
  )
}

function templatesOf(templated: boolean, version: number) {
  const upstream = (name: string) =>
    `upstream ${name} {\n{{#service "${name}"}}\n  server {{Address}}:{{Port}};\n{{/service}}\n}\n`
  const text = `# version ${version}\n${services.map(upstream).join('')}`
  return templated ? { operatorTemplates: { 'tutorial.http': text } } : {}
}

function portsIn(text: string): ReadonlySet<number> {
  return new Set([...text.matchAll(/server 10\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port)))
}

function deadPorts({ tasks }: Stage): ReadonlySet<number> {
  const used = new Set(tasks.map(({ port }) => port))
  return new Set(services.flatMap((_, at) => portPool(at)).filter((port) => !used.has(port)))
}

/** Few ports, so that they are given out again soon. */
function portPool(at: number): readonly number[] {
  return [1, 2, 3, 4].map((n) => 8000 + 100 * at + n)
}

function methodOf({ labels }: Stage, name: string): string {
  return methods[(labels.get(name) ?? 0) % methods.length] ?? ''
}

async function take(stage: Stage, step: Step): Promise<void> {
  const { world, labels, out } = stage
  const name = 'service' in step ? (services[step.service] ?? 'web') : 'web'
  const own = stage.tasks.filter((task) => task.service === name)
  const task = 'task' in step ? own[step.task % Math.max(1, own.length)] : undefined
  switch (step.do) {
    case 'start':
      return start(stage, name)
    case 'label':
      labels.set(name, (labels.get(name) ?? 0) + 1)
      return world.truth.meta(name, { 'nginx-lb': methodOf(stage, name) })
    case 'opt out': {
      const tags = out.has(name) ? ['nginx'] : []
      if (!out.delete(name)) out.add(name)
      return world.truth.tags(name, tags)
    }
    case 'empty':
      for (const each of own) stop(stage, each)
      return
    case 'drain':
      return task && drain(stage, task)
    case 'stop':
      return task && stop(stage, task)
    case 'lose':
      return task?.state === 'live' ? world.truth.remove(name, task.id) : undefined
    case 'pin': {
      const layouts = [
        ...new Map(releasesOf(world).map(({ pointer: { layout } }) => [layout.sha256, layout])).values(),
      ]
      const layout: Ref | undefined = layouts[step.layout % layouts.length]
      const pinning = pinLayout(world, (pointer) => layout ?? pointer.layout)
      await world.pass(1_000)
      stage.pinned = await pinning
      return
    }
    case 'unpin': {
      const unpinning = unpin(world)
      await world.pass(1_000)
      stage.pinned = await unpinning
      return
    }
    case 'restart':
      stage.publisher.actor.left = 0
      world.lock.expire()
      stage.restarts += 1
      stage.publisher = startRacer(world, 'the next publisher', templatesOf(stage.templated, stage.restarts))
  }
}

/** A task that starts takes the first free port; where there is none nothing starts. */
function start(stage: Stage, name: ServiceName): void {
  const pool = portPool(services.indexOf(name))
  const port = pool.find((one) => !stage.tasks.some((task) => task.port === one))
  if (port === undefined) return
  stage.started += 1
  const task: Task = { id: `t${stage.started}`, service: name, port, state: 'live' }
  for (const { port: other } of stage.tasks.filter((one) => one.service === name))
    stage.lingering.delete(other)
  stage.tasks.push(task)
  stage.world.truth.proof(name, task.id, 'live')
  stage.world.truth.task(name, task.id, { port, reason: 'passing' })
}

function drain({ world, tasks, lingering, templated }: Stage, task: Task): void {
  const { truth } = world
  const wasLive = task.state === 'live'
  task.state = 'draining'
  const left = tasks.some(({ service, state }) => service === task.service && state === 'live')
  const isRouted = releasesOf(world).at(-1)?.service(task.service) != null
  if (wasLive && !left && (isRouted || templated)) lingering.add(task.port)
  truth.proof(task.service, task.id, 'draining')
  truth.task(task.service, task.id, { port: task.port, reason: 'draining' })
}

function stop(stage: Stage, task: Task): void {
  stage.tasks = stage.tasks.filter((one) => one !== task)
  stage.lingering.delete(task.port)
  stage.world.truth.proof(task.service, task.id, 'gone')
  stage.world.truth.remove(task.service, task.id)
}
