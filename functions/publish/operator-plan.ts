import type { JudgedService } from '../../core/catalog/judge.ts'
import type { Member } from '../../core/guard/memory.ts'
import { partsOnce } from '../../core/publish/compose.ts'
import type { Look } from '../../core/publish/look.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import type { OwnServers } from '../../core/template/check-together.ts'
import { createLayoutJoin } from '../../core/template/join-layout.ts'
import { type LiveData, type LiveMemo, liveData } from '../../core/template/live-data.ts'
import {
  type OperatorFile,
  type OperatorFiles,
  operatorFileNames,
  operatorPath,
  type RenderedFile,
  renderInForce,
  renderOperatorFile,
} from '../../core/template/operator-files.ts'
import { createRenderMemo, type ReadIdentity } from '../../core/template/rendered-once.ts'
import type { Channel } from './channel.ts'
import { createCheckMemo, createListMemo, createMemberMemo } from './operator-memos.ts'
import { isBeyond, type OperatorOutcome, outcomeOf } from './operator-outcome.ts'
import type { Seen } from './plan.ts'

export type OperatorSettings = {
  /** The operator's templates by their names; empty for none. */
  readonly templates: Readonly<Record<string, string>>
  readonly datacenter: string
  readonly datacenters: readonly string[]
}

export type OperatorInput = Pick<Seen, 'services' | 'indexes' | 'others'> & {
  readonly judged: ReadonlyMap<SourceKey, JudgedService>
  readonly look: Look
  readonly remembered: PublisherState['templates']
  readonly channel: Channel
}

/** The files that operators' templates make in one plan; each is rendered when it is asked for. */
export type OperatorPlan = {
  /** Adds the files of today's templates to our own layout. */
  readonly join: (layout: Layout, own: OwnServers) => Joined
  /** The files of the pinned layout, or of the one in force, with today's data. */
  readonly kept: (which: 'pinnedFiles' | 'operatorFiles') => readonly OperatorFile[]
  /** What came of all that was rendered. */
  readonly outcome: () => OperatorOutcome
}

export type Joined = { readonly layout: Layout; readonly files: readonly OperatorFile[] }

/** It remembers what it rendered by what was read: where nothing of that changed, the same objects come out. */
export function createOperatorPlanner(settings: OperatorSettings): (input: OperatorInput) => OperatorPlan {
  const names = operatorFileNames(settings.templates)
  const once = createRenderMemo()
  const lists = createListMemo()
  const joinLayout = createLayoutJoin()
  const check = createCheckMemo()
  const liveMemo: LiveMemo = new Map()
  const sameMembers = createMemberMemo()

  return (input) => {
    const { channel } = input
    const members = (source: SourceKey) => sameMembers(source, input.look)
    const identity = identityOf(input, members)
    const live = viewOf(settings, input, members, liveMemo)
    const results: OperatorFiles[] = []
    const notes: string[] = []
    let lacks = false

    function today(own: OwnServers): readonly OperatorFile[] {
      const rendered = names.map((name) => {
        const before = channel.operatorFiles.find(({ path }) => path === operatorPath(name)) ?? null
        const render = () => renderOperatorFile(name, settings.templates, live.data, before)
        return once(`today ${name}`, before, identity, render)
      })
      const made = lists('today', rendered)
      results.push(made)
      lacks = rendered.some(({ file, missing }) => {
        return file === null && missing.some((need) => !isBeyond(need, settings.datacenters))
      })
      const checked = check(made.files, own, channel)
      notes.push(...checked.notes)
      return checked.files
    }

    function kept(which: 'pinnedFiles' | 'operatorFiles'): readonly OperatorFile[] {
      const files = channel[which]
      if (files.length === 0) return files
      const rendered = files.map((file) => {
        return once(`${which} ${file.path}`, file, identity, () => inForce(file, live))
      })
      const made = lists(which, rendered)
      results.push(made)
      return made.files
    }

    return {
      join: (layout, own) => {
        const files = names.length === 0 ? none : today(own)
        return { layout: joinLayout(layout, partsOnce(files)), files }
      },
      kept,
      outcome: () => outcomeOf({ results, notes, lacks }, settings.datacenters, input.remembered, live),
    }
  }
}

const none: readonly OperatorFile[] = []

function inForce(file: OperatorFile, { data }: LiveData): RenderedFile {
  const { files, ...rest } = renderInForce(file, data)
  return { file: files[0] ?? file, ...rest }
}

function viewOf(
  { datacenter, datacenters }: OperatorSettings,
  input: OperatorInput,
  members: MembersOf,
  memo: LiveMemo,
): LiveData {
  const { look: _, ...known } = input
  return liveData({ ...known, datacenter, datacenters, members }, memo)
}

type MembersOf = (source: SourceKey) => readonly Member[]

/** The look-ups give the same objects and texts as long as what Consul holds is the same. */
function identityOf({ judged, indexes, others }: OperatorInput, members: MembersOf): ReadIdentity {
  return (need) => {
    if (need.kind === 'datacenters') return []
    const { datacenter } = need
    if ('path' in need) return [others[need.kind](need.path, datacenter)]
    if (need.kind === 'services') return [indexes.get(datacenter)]
    if (need.kind === 'nodes') return [others.nodes(datacenter)]
    if (need.kind === 'node') return [others.node(need.name, datacenter)]
    if (need.kind !== 'service') return []
    const source = sourceKey(need.name, datacenter)
    return [judged.get(source), members(source)]
  }
}
