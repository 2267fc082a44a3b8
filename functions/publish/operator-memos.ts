import type { Member } from '../../core/guard/memory.ts'
import type { Look } from '../../core/publish/look.ts'
import { isSameServer, type SourceKey } from '../../core/release/endpoints.ts'
import { isSameItems } from '../../core/same-items.ts'
import { checkTogether, type OwnServers, type WrittenFile } from '../../core/template/check-together.ts'
import {
  type OperatorFile,
  type OperatorFiles,
  type RenderedFile,
  together,
} from '../../core/template/operator-files.ts'
import type { Channel } from './channel.ts'

/** The same account for the same results, list by list. */
export function createListMemo() {
  const known = new Map<
    string,
    { readonly rendered: readonly RenderedFile[]; readonly made: OperatorFiles }
  >()
  return (key: string, rendered: readonly RenderedFile[]): OperatorFiles => {
    const last = known.get(key)
    if (last !== undefined && isSameItems(last.rendered, rendered)) return last.made
    const made = together(rendered)
    known.set(key, { rendered, made })
    return made
  }
}

type Checked = { readonly files: readonly OperatorFile[]; readonly notes: readonly string[] }

/** Takes out what nginx would refuse beside the rest; such a file stays as it is in force, if that goes with the rest. */
export function createCheckMemo() {
  let last: { readonly parts: readonly unknown[]; readonly checked: Checked } | null = null
  return (files: readonly OperatorFile[], own: OwnServers, channel: Channel): Checked => {
    // What is in force matters only to a file that is refused.
    const partsOf = (checked: Checked) => {
      const parts = [files, own.httpServers, own.defaultServers]
      return checked.files === files ? parts : [...parts, channel.operatorFiles]
    }
    if (last !== null && isSameItems(last.parts, partsOf(last.checked))) return last.checked
    const checked = checkFiles(files, own, channel)
    last = { parts: partsOf(checked), checked }
    return checked
  }
}

function checkFiles(files: readonly OperatorFile[], own: OwnServers, channel: Channel): Checked {
  const { refused, notes } = checkTogether(writtenIn(files, channel), own)
  if (refused.size === 0) return { files, notes }
  const before = (path: string) => channel.operatorFiles.find((file) => file.path === path) ?? []
  const kept = files.flatMap((file) => (refused.has(file.path) ? before(file.path) : file))
  const again = checkTogether(writtenIn(kept, channel), own).refused
  return { files: kept.filter(({ path }) => !again.has(path)), notes }
}

/** With their bytes, as far as they are known; those that are in force come first, and so stay where a new one collides with them. */
function writtenIn(
  files: readonly OperatorFile[],
  { operatorFiles, contents }: Channel,
): readonly WrittenFile[] {
  const inForce = new Set(operatorFiles.map(({ path }) => path))
  const [old, added] = [true, false].map((is) => files.filter(({ path }) => inForce.has(path) === is))
  return [...(old ?? []), ...(added ?? [])].flatMap(({ path, context, ref, blobs }) => {
    const content = blobs[0] ?? contents.get(ref?.sha256 ?? '')
    return content === undefined ? [] : [{ path, context, content }]
  })
}

const noMembers: readonly Member[] = []

/** The same list for the same instances: while some are held, the guard says so anew at each look. */
export function createMemberMemo(): (source: SourceKey, look: Look) => readonly Member[] {
  const known = new Map<SourceKey, readonly Member[]>()
  return (source, look) => {
    const members = look.memory.services.get(source)?.members ?? noMembers
    const before = known.get(source)
    if (before !== undefined && isSameMembers(before, members)) return before
    known.set(source, members)
    return members
  }
}

function isSameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  if (a === b) return true
  return (
    a.length === b.length &&
    a.every(({ node, id, server }, at) => {
      const other = b[at]
      return node === other?.node && id === other.id && isSameServer(server, other.server)
    })
  )
}
