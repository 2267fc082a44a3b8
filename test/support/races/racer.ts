import { pause } from '../../../adapters/pause.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { layoutBuilder } from '../../../functions/publish/build-layout.ts'
import type { CatalogWatch, WatchEvents } from '../../../functions/publish/follow.ts'
import { createHandler, type PublishDeps, type PublishRecord } from '../../../functions/publish/handler.ts'
import { defaultTemplates } from '../routes.ts'
import { cluster, deployment, prefix, type Truth } from './truth.ts'
import { type Actor, createActor, type Turns } from './turns.ts'
import type { World } from './world.ts'

export const identity = {
  deployment,
  channel: defaultPublishSettings.channel,
  lifeMs: defaultPublishSettings.pointerLifeMs,
}

export type Racer = {
  readonly actor: Actor
  readonly log: readonly string[]
  /** What became of it; null while it is at work, or frozen. */
  readonly outcome: () => PublishRecord | Error | null
  readonly stop: () => void
}

export type RacerOptions = { readonly lifeMs?: number; readonly skewMs?: number; readonly code?: string }

/** One invocation of the real publisher in the world; its clock may differ from the others'. */
export function startRacer(
  world: World,
  name: string,
  { lifeMs = 600_000, skewMs = 0, code = 'one' }: RacerOptions = {},
): Racer {
  const actor = createActor(name)
  const stop = new AbortController()
  const log: string[] = []
  const note = (event: string) => void log.push(event)
  const now = () => world.now() + skewMs
  const deps: PublishDeps = {
    ...sharedDeps,
    releases: world.releasesOf(actor),
    openSigner: async () => ({
      keyId: world.signer.keyId,
      sign: (text) => world.turns.call(actor, 'sign', () => world.signer.sign(text)),
    }),
    openWatch: async () => (events) => watchTruth(world.turns, actor, world.truth, events),
    readEvidence: (keys) => world.turns.call(actor, 'read ledger', () => world.truth.evidence(keys, now())),
    openLock: (own) => world.lock.open(world.turns, actor, own),
    version: { code, config: 'c' },
    log: { info: note, warn: note, error: note },
    now,
    pause,
    random: world.random,
    signal: stop.signal,
  }
  let outcome: PublishRecord | Error | null = null
  const ended = (how: PublishRecord | Error) => {
    outcome = how
  }
  createHandler(deps)({}, { getRemainingTimeInMillis: () => lifeMs }).then(ended, ended)
  return { actor, log, outcome: () => outcome, stop: () => stop.abort() }
}

const sharedDeps = {
  identity,
  judge: { deployment, homes: [cluster], prefix, networks: ['10.0.0.0/8'] },
  look: { prefix, clusters: [cluster], guard: defaultPublishSettings.guard },
  datacenter: 'dc1',
  buildLayout: layoutBuilder(defaultPublishSettings, 'dc1', defaultTemplates),
  renderUpstreams,
  pace: defaultPublishSettings.pace,
  operatorServices: [],
} satisfies Partial<PublishDeps>

/** Blocking queries, one for the list and one per service: each answer is as old as its way was long. */
function watchTruth(turns: Turns, actor: Actor, truth: Truth, events: WatchEvents): CatalogWatch {
  const services = new Map<string, ServiceSnapshot>()
  const ends = new Map<string, AbortController>()
  const whole = new AbortController()
  let index: ReturnType<CatalogWatch['index']> = null

  async function query<T>(name: string | null, read: () => T, take: (data: T) => void, end: AbortSignal) {
    while (!end.aborted) {
      const answer = await turns.call(actor, `watch ${name ?? 'services'}`, () => ({
        data: read(),
        version: truth.version(name),
      }))
      if (end.aborted) return
      take(answer.data)
      events.onChange()
      await truth.changed(name, answer.version)
    }
  }

  void query(
    null,
    truth.index,
    (data) => {
      index = data
    },
    whole.signal,
  )
  return {
    index: () => index,
    services,
    follow(names) {
      for (const [name, end] of ends) if (!names.has(name)) drop(name, end)
      for (const name of names) if (!ends.has(name)) start(name)
    },
    stop: async () => {
      whole.abort()
      for (const [name, end] of ends) drop(name, end)
    },
  }

  function start(name: string): void {
    const end = new AbortController()
    ends.set(name, end)
    const read = () => truth.snapshot(name)
    void query(name, read, (data) => void services.set(name, data), end.signal)
  }

  function drop(name: string, end: AbortController): void {
    end.abort()
    ends.delete(name)
    services.delete(name)
  }
}
