import { readTemplates } from '../../adapters/templates.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import type { SourceKey } from '../../core/release/endpoints.ts'
import { nothingPublished, publish, type ReleaseStore } from '../../functions/publish/channel.ts'
import { createPublishDeps } from '../../functions/publish/deps.ts'
import { noOthers } from '../../functions/publish/others.ts'
import { createPlanner, type Plan } from '../../functions/publish/plan.ts'
import { settings } from '../instances.ts'

/** A publisher without Consul and S3: it plans what it is shown, and goes on from there as if it had been published. */
export type RenderPublisher = {
  /** Plans, and only that is measured. */
  readonly plan: (services: ReadonlyMap<SourceKey, ServiceSnapshot>) => Planned
  /** Takes the last plan for published, as the next change would find it. */
  readonly publish: () => Promise<void>
  readonly close: () => Promise<void>
}

export type Planned = {
  readonly plan: Plan
  readonly ms: number
  /** Of this thread: what remains of `ms` when others share the machine. */
  readonly cpuMs: number
  /** Milliseconds of it from the catalog to checked files: model, templates and self-check, without judgements, upstreams and digests. */
  readonly renderMs: number
  /** Milliseconds of it by phase. */
  readonly phases: Readonly<Record<string, number>>
}

const rendering = 'model, templates, self-check'
const templates = readTemplates(new URL('../../templates/', import.meta.url))
const indexes = new Map()

/** Everything is new in each: nothing that an earlier one may have remembered can help it. */
export function openRenderPublisher(): RenderPublisher {
  const deps = createPublishDeps({
    settings,
    access: () => Promise.reject(new Error('no Consul takes part')),
    signer: { keyId: 'none', publicKey: '', sign: async () => '' },
    templates,
    code: 'bench',
    log: { info: () => {}, warn: () => {}, error: () => {} },
    clock: Date.now,
  })
  const watch = stopwatch()
  const planner = createPlanner({
    ...deps,
    buildLayout: watch.around(rendering, deps.buildLayout),
    renderUpstreams: watch.around('upstreams', deps.renderUpstreams),
  })
  let channel = nothingPublished
  let last: Plan | null = null
  let followed: ReadonlySet<string> = new Set()
  const signer = { keyId: 'none', publicKey: '', sign: async () => '' }
  return {
    plan: (services) => {
      // The same set while the same services are followed, as a publisher has it.
      if (services.size !== followed.size) followed = new Set(services.keys())
      const seen = { services, followed, indexes, others: noOthers, evidence: null, now: Date.now() }
      watch.reset()
      const cpu = process.threadCpuUsage()
      const began = performance.now()
      const plan = planner(seen, last?.state ?? channel.state, channel)
      const ms = performance.now() - began
      const { user, system } = process.threadCpuUsage(cpu)
      last = plan
      const taken: Readonly<Record<string, number>> = watch.taken()
      return {
        plan,
        ms,
        cpuMs: (user + system) / 1_000,
        renderMs: taken[rendering] ?? 0,
        phases: { ...taken, 'judge, guard, digests': ms - watch.total() },
      }
    },
    publish: async () => {
      if (last?.composed == null) throw new Error('there is nothing to publish')
      const { composed, state } = last
      channel = await publish({ ...deps, releases: nowhere, signer }, channel, composed, state)
    },
    close: deps.close,
  }
}

const nowhere: ReleaseStore = {
  readPointer: async () => null,
  putPointer: async () => 'etag',
  readBlob: () => Promise.reject(new Error('nothing is stored')),
  putBlob: async () => {},
  readLayout: () => Promise.reject(new Error('nothing is stored')),
  putLayout: async () => {},
  putPublication: async () => {},
}

function stopwatch() {
  const spent = new Map<string, number>()
  return {
    around:
      <Args extends readonly unknown[], Result>(phase: string, run: (...args: Args) => Result) =>
      (...args: Args): Result => {
        const began = performance.now()
        try {
          return run(...args)
        } finally {
          spent.set(phase, (spent.get(phase) ?? 0) + performance.now() - began)
        }
      },
    reset: () => spent.clear(),
    taken: () => Object.fromEntries(spent),
    total: () => [...spent.values()].reduce((sum, ms) => sum + ms, 0),
  }
}
