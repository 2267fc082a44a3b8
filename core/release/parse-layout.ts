import { digestOf } from '../canonical.ts'
import { readDigest } from './digest.ts'
import type { Layout, LayoutFile, NginxContext, UpstreamSettings, VolatileFile } from './layout.ts'
import {
  readInteger,
  readJson,
  readList,
  readObject,
  readOneOf,
  readSchema,
  readText,
  refuse,
} from './read.ts'

// A path is used below a folder on hosts: no leading slash, no `..`, no hidden files, nothing that a shell or nginx quotes, and no name
// that a file system finds too long.
const path = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}(\/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}){0,7}\.conf$/
const upstreamName = /^quayside_[A-Za-z0-9_]{1,200}$/
const source = /^[\x20-\x7e]{1,1000}$/
const cookieName = /^[A-Za-z0-9_]{1,64}$/
const contexts = ['http', 'stream'] as const
const methods = ['round_robin', 'least_conn', 'ip_hash', 'random_two', 'hash_uri'] as const

/**
 * Reads the object at `layouts/<id>.json`. Throws RELEASE_INVALID where it is malformed, where two files share a path, one file's
 * path is another's folder, or two upstreams of a context share a name, and where its content is not what `id` names.
 */
export function parseLayout(content: string, id: string): Layout {
  const value = readJson(content, `layout ${id}`)
  const layout = readLayout(readObject(value, 'layout'))
  const actual = digestOf(value)
  if (actual !== id) refuse('the digest of the layout', actual, id)
  const paths = [...layout.files, ...layout.volatile].map((file) => file.path)
  refuseTwins(paths)
  refuseNested(paths)
  refuseTwins(layout.upstreams.map(({ context, name }) => `${context} upstream ${name}`))
  return layout
}

export function readContext(value: unknown, where: string): NginxContext {
  return readOneOf(value, where, contexts)
}

export function filePath(value: unknown, where: string): string {
  return readText(value, where, path, 'a relative path of safe characters that ends in .conf')
}

function readLayout(members: Readonly<Record<string, unknown>>): Layout {
  return {
    schema: readSchema(members.schema, 'layout.schema'),
    files: readList(members.files, 'layout.files', readFile),
    upstreams: readList(members.upstreams, 'layout.upstreams', readUpstream),
    volatile: readList(members.volatile, 'layout.volatile', readVolatile),
    renderer: readText(members.renderer, 'layout.renderer', /^[\x20-\x7e]{1,100}$/, 'a name and version'),
  }
}

function readFile(value: unknown, where: string): LayoutFile {
  const members = readObject(value, where)
  return {
    path: filePath(members.path, `${where}.path`),
    context: readContext(members.context, `${where}.context`),
    sha256: readDigest(members.sha256, `${where}.sha256`),
    size: readInteger(members.size, `${where}.size`, 0, 2 ** 30),
  }
}

function readUpstream(value: unknown, where: string): UpstreamSettings {
  const members = readObject(value, where)
  const count = (key: string, max: number) => readInteger(members[key], `${where}.${key}`, 0, max)
  return {
    name: readText(members.name, `${where}.name`, upstreamName, 'quayside_ with letters, digits and _'),
    context: readContext(members.context, `${where}.context`),
    method: readOneOf(members.method, `${where}.method`, methods),
    keepalive: count('keepalive', 65_535),
    maxFails: count('maxFails', 65_535),
    failTimeoutSeconds: count('failTimeoutSeconds', 86_400),
    // Layouts from before these settings have neither.
    ...(members.maxConns === undefined ? {} : { maxConns: count('maxConns', 65_535) }),
    ...(members.sticky === undefined
      ? {}
      : { sticky: readText(members.sticky, `${where}.sticky`, cookieName, 'the name of a cookie') }),
    sources: readList(members.sources, `${where}.sources`, (item, at) => {
      const part = readObject(item, at)
      return {
        source: readText(part.source, `${at}.source`, source, 'a source key'),
        share: readInteger(part.share, `${at}.share`, 0, 1_000_000),
      }
    }),
  }
}

function readVolatile(value: unknown, where: string): VolatileFile {
  const members = readObject(value, where)
  return {
    path: filePath(members.path, `${where}.path`),
    context: readContext(members.context, `${where}.context`),
    template: readDigest(members.template, `${where}.template`),
    queries: readList(members.queries, `${where}.queries`, (item, at) =>
      readText(item, at, /^[\x20-\x7e]{1,1000}$/, 'a query'),
    ),
  }
}

function refuseTwins(names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) refuse('layout', name, 'each path and upstream name once')
    seen.add(name)
  }
}

/** No disk holds a file and a folder of one name, so a host could never stage such a layout. */
function refuseNested(paths: readonly string[]): void {
  const files = new Set(paths)
  for (const path of paths) {
    const parts = path.split('/')
    const folders = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'))
    const nested = folders.find((folder) => files.has(folder))
    if (nested !== undefined)
      refuse('layout', `${nested} and ${path}`, 'no path that is the folder of another')
  }
}
