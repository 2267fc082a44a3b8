import { type Metrics, noMetrics } from '../../../adapters/metrics.ts'
import { pause } from '../../../adapters/pause.ts'
import type { ServiceIndex } from '../../../core/catalog/parse-services.ts'
import type { ServiceSnapshot } from '../../../core/catalog/snapshot.ts'
import { QuaysideError } from '../../../core/errors.ts'
import type { SourceKey } from '../../../core/release/endpoints.ts'
import type { ReportedHost } from '../../../core/release/parse-report.ts'
import { renderUpstreams } from '../../../core/render/upstreams.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { layoutBuilder } from '../../../functions/publish/build-layout.ts'
import type { SourceWatch, WatchEvents } from '../../../functions/publish/follow.ts'
import { createHandler, type PublishDeps, type PublishRecord } from '../../../functions/publish/handler.ts'
import { noOthers } from '../../../functions/publish/others.ts'
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
  /** Tells the publisher that a read of Consul failed, and goes on failing. */
  readonly failWatch: (dependency: string) => void
  /** What became of it; null while it is at work, or frozen. */
  readonly outcome: () => PublishRecord | Error | null
  readonly stop: () => void
}

export type RacerOptions = {
  readonly lifeMs?: number
  readonly skewMs?: number
  readonly code?: string
  /** Writes a second channel too, to which nothing is promoted: the one of `identity` is then the canary. */
  readonly canary?: boolean
  readonly operatorTemplates?: Readonly<Record<string, string>>
  readonly metrics?: Metrics
  /** What hosts have reported. */
  readonly reports?: () => Promise<readonly ReportedHost[]>
}

/** One invocation of the real publisher in the world; its clock may differ from the others'. */
export function startRacer(
  world: World,
  name: string,
  {
    lifeMs = 600_000,
    skewMs = 0,
    code = 'one',
    canary = false,
    operatorTemplates = {},
    metrics = noMetrics,
    reports = async () => [],
  }: RacerOptions = {},
): Racer {
  const actor = createActor(name)
  const stop = new AbortController()
  world.onClose(() => stop.abort())
  const log: string[] = []
  const note = (event: string) => void log.push(event)
  let watching: WatchEvents | null = null
  const now = () => world.now() + skewMs
  const deps: PublishDeps = {
    ...sharedDeps,
    operatorTemplates,
    metrics,
    readReports: reports,
    ...(canary ? withCanary(reports) : {}),
    buildLayout: layoutBuilder(defaultPublishSettings, { datacenter: 'dc1', deployment }, defaultTemplates),
    releases: world.releasesOf(actor),
    openSigner: async () => ({
      keyId: world.signer.keyId,
      publicKey: world.signer.publicKey,
      sign: (text) => world.turns.call(actor, 'sign', () => world.signer.sign(text)),
    }),
    openWatch: async () => (events) => {
      watching = events
      return watchTruth(world.turns, actor, world.truth, events)
    },
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
  return {
    ...{ actor, log, outcome: () => outcome, stop: () => stop.abort() },
    failWatch: (dependency) =>
      watching?.onFailure(dependency, new QuaysideError('CONSUL_UNREACHABLE', 'nobody answers')),
  }
}

/** The channel that keeps its first layout. */
export const keptChannel = 'kept'

function withCanary(readReports: () => Promise<readonly ReportedHost[]>) {
  return {
    identity: { ...identity, channel: keptChannel },
    canary: { settings: { channel: identity.channel, soakMs: null, addsOnly: false }, readReports },
  }
}

const sharedDeps = {
  identity,
  judge: { deployment, homes: [cluster], datacenter: 'dc1', prefix, networks: ['10.0.0.0/8'] },
  look: { prefix, clusters: [cluster], guard: defaultPublishSettings.guard },
  datacenters: ['dc1'],
  renderUpstreams,
  pace: defaultPublishSettings.pace,
  operatorSources: [],
} satisfies Partial<PublishDeps>

/** Blocking queries, one for the list and one per service: each answer is as old as its way was long. */
function watchTruth(turns: Turns, actor: Actor, truth: Truth, events: WatchEvents): SourceWatch {
  const services = new Map<SourceKey, ServiceSnapshot>()
  const ends = new Map<SourceKey, AbortController>()
  const whole = new AbortController()
  const indexes = new Map<string, ServiceIndex>()

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

  void query(null, truth.index, (data) => void indexes.set('dc1', data), whole.signal)
  return {
    indexes: () => indexes,
    services,
    others: noOthers,
    follow(sources) {
      for (const [source, end] of ends) if (!sources.has(source)) drop(source, end)
      for (const source of sources) if (!ends.has(source)) start(source)
    },
    stop: async () => {
      whole.abort()
      for (const [source, end] of ends) drop(source, end)
    },
  }

  function start(source: SourceKey): void {
    const end = new AbortController()
    ends.set(source, end)
    const name = source.replace('@dc1', '')
    const take = (data: ServiceSnapshot) => void services.set(source, data)
    void query(name, () => truth.snapshot(name), take, end.signal)
  }

  function drop(source: SourceKey, end: AbortController): void {
    end.abort()
    ends.delete(source)
    services.delete(source)
  }
}
