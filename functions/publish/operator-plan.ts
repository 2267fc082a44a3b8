import type { JudgedService } from '../../core/catalog/judge.ts'
import { partsOnce } from '../../core/publish/compose.ts'
import type { Look } from '../../core/publish/look.ts'
import type { PublisherState } from '../../core/publish/state.ts'
import { type SourceKey, sourceKey } from '../../core/release/endpoints.ts'
import type { Layout } from '../../core/release/layout.ts'
import { checkTogether, type OwnServers } from '../../core/template/check-together.ts'
import { createLayoutJoin } from '../../core/template/join-layout.ts'
import { type LiveData, type LiveMemo, liveData } from '../../core/template/live-data.ts'
import { type Need, needText, sortedNeeds } from '../../core/template/need.ts'
import {
  type OperatorFile,
  type OperatorFiles,
  operatorFileNames,
  operatorPath,
  type RenderedFile,
  renderInForce,
  renderOperatorFile,
  together,
} from '../../core/template/operator-files.ts'
import { createRenderMemo, type ReadIdentity } from '../../core/template/rendered-once.ts'
import type { Channel } from './channel.ts'
import { noNeeds } from './needs.ts'
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

export type OperatorOutcome = {
  readonly needs: readonly Need[]
  /** Whether a file that isn't in force waits for data to be read. */
  readonly lacks: boolean
  readonly problems: readonly string[]
  readonly remembered: PublisherState['templates']
}

/** It remembers what it rendered by what was read: where nothing of that changed, the same objects come out. */
export function createOperatorPlanner(settings: OperatorSettings): (input: OperatorInput) => OperatorPlan {
  const names = operatorFileNames(settings.templates)
  const once = createRenderMemo()
  const lists = createListMemo()
  const joinLayout = createLayoutJoin()
  const check = createCheckMemo()
  const liveMemo: LiveMemo = new Map()

  return (input) => {
    const { channel } = input
    const identity = identityOf(input)
    const live = viewOf(settings, input, liveMemo)
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
      outcome: () => outcomeOf({ results, notes, lacks }, settings, input, live),
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
  memo: LiveMemo,
): LiveData {
  const { look, ...known } = input
  const members = (source: SourceKey) => look.memory.services.get(source)?.members ?? noMembers
  return liveData({ ...known, datacenter, datacenters, members }, memo)
}

const noMembers: readonly never[] = []

/** The look-ups give the same objects and texts as long as what Consul holds is the same. */
function identityOf({ judged, look, indexes, others }: OperatorInput): ReadIdentity {
  return (need) => {
    if (need.kind === 'datacenters') return []
    const { datacenter } = need
    if ('path' in need) return [others[need.kind](need.path, datacenter)]
    if (need.kind === 'services') return [indexes.get(datacenter)]
    if (need.kind === 'nodes') return [others.nodes(datacenter)]
    if (need.kind === 'node') return [others.node(need.name, datacenter)]
    if (need.kind !== 'service') return []
    const source = sourceKey(need.name, datacenter)
    return [judged.get(source), look.memory.services.get(source)?.members]
  }
}

/** The same account for the same results, list by list. */
function createListMemo() {
  const known = new Map<
    string,
    { readonly rendered: readonly RenderedFile[]; readonly made: OperatorFiles }
  >()
  return (key: string, rendered: readonly RenderedFile[]): OperatorFiles => {
    const last = known.get(key)
    if (last !== undefined && isSame(last.rendered, rendered)) return last.made
    const made = together(rendered)
    known.set(key, { rendered, made })
    return made
  }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at])
}

type Checked = { readonly files: readonly OperatorFile[]; readonly notes: readonly string[] }

/** Takes out what nginx would refuse beside the rest; such a file stays as it is in force. */
function createCheckMemo() {
  let last: { readonly parts: readonly unknown[]; readonly checked: Checked } | null = null
  return (files: readonly OperatorFile[], own: OwnServers, { operatorFiles, contents }: Channel): Checked => {
    const parts = [files, own.httpServers, own.defaultServers, operatorFiles]
    if (last !== null && isSame(last.parts, parts)) return last.checked
    const written = files.flatMap(({ path, context, ref, blobs }) => {
      const content = blobs[0] ?? contents.get(ref?.sha256 ?? '')
      return content === undefined ? [] : [{ path, context, content }]
    })
    const { refused, notes } = checkTogether(written, own)
    const before = (path: string) => operatorFiles.find((file) => file.path === path) ?? []
    const all = files.flatMap((file) => (refused.has(file.path) ? before(file.path) : file))
    const checked = { files: refused.size === 0 ? files : all, notes }
    last = { parts, checked }
    return checked
  }
}

type Rendered = {
  readonly results: readonly OperatorFiles[]
  readonly notes: readonly string[]
  readonly lacks: boolean
}

function outcomeOf(
  { results, notes, lacks }: Rendered,
  { datacenters }: OperatorSettings,
  { remembered: before }: OperatorInput,
  { given }: LiveData,
): OperatorOutcome {
  const [only, ...others] = results
  if (only === undefined) return before.size === 0 ? nothing : { ...nothing, remembered: new Map() }
  const needs = others.length === 0 ? only.needs : sortedNeeds(results.flatMap((one) => one.needs))
  const missing = results.flatMap((one) => one.missing)
  const beyond = missing.filter((need) => isBeyond(need, datacenters))
  const problems = [...results.flatMap((one) => one.problems), ...notes, ...beyond.map(explainBeyond)]
  return { needs, lacks, problems, remembered: rememberedOf(needs, given(), before) }
}

const nothing: OperatorOutcome = { needs: noNeeds, lacks: false, problems: [], remembered: new Map() }

/** Of what was not rendered again, what was remembered still holds. */
function rememberedOf(
  needs: readonly Need[],
  given: PublisherState['templates'],
  before: PublisherState['templates'],
): PublisherState['templates'] {
  const after = new Map<SourceKey, Given>()
  for (const need of needs) {
    if (need.kind !== 'service') continue
    const source = sourceKey(need.name, need.datacenter)
    const instances = given.get(source) ?? before.get(source)
    if (instances !== undefined) after.set(source, instances)
  }
  const isEqual = after.size === before.size && [...after].every(([key, one]) => before.get(key) === one)
  return isEqual ? before : after
}

type Given = PublisherState['templates'] extends ReadonlyMap<string, infer Instances> ? Instances : never

function isBeyond(need: Need, datacenters: readonly string[]): boolean {
  const ofCatalog = need.kind === 'service' || need.kind === 'services'
  return ofCatalog && !datacenters.includes(need.datacenter)
}

function explainBeyond(need: Need): string {
  return `a template asks for ${needText(need)}, whose datacenter isn't followed: add it to publish.datacenters`
}
