import { explain } from '../errors.ts'
import { type Directive, parseNginx } from '../render/nginx-parse.ts'
import type { ConfFile } from './dump.ts'

/** A directive with where it stands: the file, and the blocks around it from the outermost, through includes. */
export type Placed = {
  readonly directive: Directive
  readonly file: string
  readonly parents: readonly Directive[]
}

/** A file that nginx reads and Quayside doesn't, as one with blocks of Lua. */
export type UnreadFile = { readonly path: string; readonly reason: string }

export function unreadFiles(files: readonly ConfFile[]): readonly UnreadFile[] {
  return files.flatMap(({ path, text }) => {
    try {
      parseNginx(text, path)
      return []
    } catch (error) {
      return [{ path, reason: explain(error) }]
    }
  })
}

/**
 * Every directive of a configuration in nginx's order, with the includes resolved among the files that nginx read. Files that can't be
 * read are left out.
 */
export function readConfig(files: readonly ConfFile[], mainConf: string): readonly Placed[] {
  const unread = new Set(unreadFiles(files).map(({ path }) => path))
  const readable = files.filter(({ path }) => !unread.has(path))
  const trees = new Map(readable.map(({ path, text }) => [path, parseNginx(text, path)]))
  const origin = mainConf.slice(0, mainConf.lastIndexOf('/'))

  const walk = (file: string, directives: readonly Directive[], parents: readonly Directive[]): Placed[] =>
    directives.flatMap((directive) => {
      const placed = { directive, file, parents }
      if (directive.name === 'include') return [placed, ...included(directive, parents)]
      return [placed, ...walk(file, directive.block ?? [], [...parents, directive])]
    })
  const included = ({ args: [pattern = ''] }: Directive, parents: readonly Directive[]): Placed[] => {
    const matches = globMatcher(pattern.startsWith('/') ? pattern : `${origin}/${pattern}`)
    // nginx refuses files that include each other, so this ends.
    return [...trees].flatMap(([path, tree]) => (matches(path) ? walk(path, tree, parents) : []))
  }
  return walk(mainConf, trees.get(mainConf) ?? [], [])
}

/** "http", "http server", "stream" …; empty for the main context. */
export function contextOf({ parents }: Placed): string {
  return parents.map(({ name }) => name).join(' ')
}

export function placeOf({ file, directive }: Placed): string {
  return `${file}:${directive.line}`
}

/** Whether a path is named by a pattern of `include`, in which `*`, `?` and `[…]` stand for parts of one name. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/\[[^\]/]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.length > 1) return part.replace(/^\[!/, '[^')
    return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  const expression = new RegExp(`^${source}$`)
  return (path) => expression.test(path)
}
