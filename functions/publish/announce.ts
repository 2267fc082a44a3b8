import { canonicalJson } from '../../core/canonical.ts'
import { explain } from '../../core/errors.ts'
import { beingLookedUp } from '../../core/guard/vanished.ts'
import type { Composed } from '../../core/publish/compose.ts'
import type { Look } from '../../core/publish/look.ts'
import { changesBetween, describePublication } from '../../core/publish/publication.ts'
import { releaseId } from '../../core/release/channel.ts'
import { tellsOwnerChange } from '../../core/route/problem.ts'
import type { Channel, Published, ReleaseStore } from './channel.ts'
import type { Meter } from './measure.ts'
import { fileChanges } from './operator-channel.ts'
import type { Plan } from './plan.ts'

export type PublishLog = {
  readonly info: (event: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly warn: (event: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly error: (event: string, fields?: Readonly<Record<string, unknown>>) => void
}

/** Tells people what happens. The events' names and fields are relied on by metric filters and the local console. */
export type Announcer = {
  /** Remembers why servers left, until a publication says so; reports holds and problems that are new. */
  readonly note: (plan: Pick<Plan, 'look' | 'problems' | 'composed'>) => void
  /** Only remembers: the account of another channel reports the same. */
  readonly noteLeft: (look: Look) => void
  readonly published: (before: Channel, after: Channel & Published, what: Announced) => Promise<void>
}

export type Announced = {
  readonly composed: Composed
  readonly look: Look
  readonly problems: readonly string[]
  /** Milliseconds. */
  readonly took: { readonly render: number; readonly put: number }
  readonly firstChangeAt: number
  readonly publishedAt: number
}

/** A look-up that takes longer is told of. */
const lookUpMs = 1_000

export function createAnnouncer(
  log: PublishLog,
  releases: Pick<ReleaseStore, 'putPublication'>,
  meter: Meter,
  now: () => number,
): Announcer {
  const reasons = new Map<string, string>()
  let held = new Set<string>()
  let known = new Set<string>()

  function noteLeft({ left }: Look): void {
    for (const { source, server, why } of left) reasons.set(`${source} ${server}`, why)
  }

  function note({ look, problems, composed }: Parameters<Announcer['note']>[0]): void {
    noteLeft(look)
    const holds = look.holds.filter(({ why, since }) => why !== beingLookedUp || now() - since >= lookUpMs)
    for (const { source, server, why } of holds)
      if (!held.has(`${source} ${server} ${why}`)) log.warn('publish-held', { service: source, server, why })
    held = new Set(holds.map(({ source, server, why }) => `${source} ${server} ${why}`))
    const news = problems.filter((problem) => !known.has(problem))
    for (const problem of news) log.warn('route-problem', { problem })
    meter.ownersChanged(news.filter(tellsOwnerChange).length)
    known = new Set(problems)
    meter.looked({ held: holds.length, problems: problems.length, empty: composed?.empty.length ?? null })
  }

  async function published(before: Channel, after: Channel & Published, what: Announced): Promise<void> {
    const { composed, look, problems, took, firstChangeAt, publishedAt } = what
    const { pointer } = after
    const why = (source: string, server: string) => reasons.get(`${source} ${server}`)
    const changes = changesBetween(before.endpoints, composed.endpoints, why)
    reasons.clear()
    meter.published({ put: took.put, sinceChange: publishedAt - firstChangeAt })
    log.info('published', {
      channel: pointer.channel,
      generation: pointer.generation,
      releaseId: releaseId(pointer),
      layout: pointer.layout.sha256,
      endpoints: pointer.endpoints.sha256,
      changes,
      took,
      firstChangeAt,
      publishedAt,
    })
    const files = fileChanges(before, composed)
    const told = { changes, files, holds: look.holds, problems, empty: composed.empty }
    const publication = describePublication(pointer, before.pointer, composed.endpoints, told)
    try {
      await releases.putPublication(pointer.generation, canonicalJson(publication))
    } catch (error) {
      // The release is out; only the account of it is missing.
      log.warn('publication-failed', { generation: pointer.generation, error: explain(error) })
    }
  }

  return { note, noteLeft, published }
}
