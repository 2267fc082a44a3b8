import type { Member } from '../../core/guard/memory.ts'
import type { Look } from '../../core/publish/look.ts'
import { isSameServer, type SourceKey } from '../../core/release/endpoints.ts'
import { checkTogether, type OwnServers } from '../../core/template/check-together.ts'
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
export function createCheckMemo() {
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
