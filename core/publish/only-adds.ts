import { canonicalJson } from '../canonical.ts'
import type { Layout } from '../release/layout.ts'
import { type Directive, parseNginx } from '../render/nginx-parse.ts'
import type { ConfigFile } from './written-routes.ts'

export type WrittenLayout = { readonly layout: Layout; readonly files: readonly ConfigFile[] }

/**
 * Whether everything of the first layout stands unchanged in the second one: every server with all its locations, every upstream with its
 * settings, and whatever else the files say. The second one may have more servers, more locations in a server, and more upstreams.
 * Sizes of hash tables don't count, since they only grow with the names. Where it can't be told, the answer is no.
 */
export function onlyAdds(before: WrittenLayout, after: WrittenLayout): boolean {
  const settings = new Set(after.layout.upstreams.map(canonicalJson))
  return (
    canonicalJson(before.layout.volatile) === canonicalJson(after.layout.volatile) &&
    before.layout.upstreams.every((upstream) => settings.has(canonicalJson(upstream))) &&
    filesOnlyAdd(before.files, after.files)
  )
}

function filesOnlyAdd(before: readonly ConfigFile[], after: readonly ConfigFile[]): boolean {
  const nameOf = ({ context, path }: ConfigFile) => `${context} ${path}`
  const old = new Map(before.map((file) => [nameOf(file), file.content]))
  const names = new Set(after.map(nameOf))
  return (
    [...old.keys()].every((name) => names.has(name)) &&
    after.every((file) => {
      const content = old.get(nameOf(file)) ?? ''
      return content === file.content || onlyAddsServers(parse(content, file), parse(file.content, file))
    })
  )
}

function parse(content: string, { path }: ConfigFile): readonly Directive[] {
  return parseNginx(content, path).filter(({ name }) => !/_hash_(bucket|max)_size$/.test(name))
}

function onlyAddsServers(before: readonly Directive[], after: readonly Directive[]): boolean {
  const isServer = ({ name }: Directive) => name === 'server'
  const others = (directives: readonly Directive[]) => directives.filter((one) => !isServer(one)).map(textOf)
  if (canonicalJson(others(before)) !== canonicalJson(others(after))) return false
  const servers = new Map(after.filter(isServer).map((server) => [placeOf(server), server]))
  return before.filter(isServer).every((server) => {
    const now = servers.get(placeOf(server))
    return now !== undefined && onlyAddsLocations(server.block ?? [], now.block ?? [])
  })
}

function onlyAddsLocations(before: readonly Directive[], after: readonly Directive[]): boolean {
  const isLocation = ({ name }: Directive) => name === 'location'
  const others = (directives: readonly Directive[]) =>
    directives.filter((one) => !isLocation(one)).map(textOf)
  const locations = new Set(after.filter(isLocation).map(textOf))
  return (
    canonicalJson(others(before)) === canonicalJson(others(after)) &&
    before.filter(isLocation).every((location) => locations.has(textOf(location)))
  )
}

/** Where a server listens and under which names: what tells it from all others. */
function placeOf({ block }: Directive): string {
  const own = (block ?? []).filter(({ name }) => name === 'listen' || name === 'server_name')
  return canonicalJson(own.map(textOf).sort())
}

function textOf({ name, args, block }: Directive): string {
  return canonicalJson([name, args, block === null ? null : block.map(textOf)])
}
