import type { NginxContext } from '../release/layout.ts'
import { contextOf, globMatcher, type Placed, placeOf } from './config-tree.ts'
import { type Insertion, insertAtEnd, insertIntoBlock } from './insert.ts'

/** Where the include of an entry file goes. */
export type Placement =
  | { readonly kind: 'present'; readonly place: string }
  /** A file of its own in a folder that the main configuration includes. */
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** An edit of the main configuration. */
  | { readonly kind: 'edit'; readonly insertion: Insertion }
  | { readonly kind: 'by-hand'; readonly why: string }

export type MainConf = { readonly path: string; readonly text: string }

/**
 * A file of its own is preferred: packages replace nginx.conf, and ask about each edit of it. Only folders beside the main configuration
 * are used, which are the operator's, and those that it includes itself.
 */
export function placeInclude(
  context: NginxContext,
  entry: string,
  main: MainConf,
  config: readonly Placed[],
): Placement {
  const include = includeLine(entry)
  const present = config.find(
    (one) =>
      contextOf(one) === context && one.directive.name === 'include' && one.directive.args[0] === entry,
  )
  if (present !== undefined) return { kind: 'present', place: placeOf(present) }
  const block = config.find((one) => one.directive.name === context && contextOf(one) === '')
  const folder = includedFolder(context, 'quayside.conf', main, config)
  if (folder !== null) return file(`${folder}/quayside.conf`, [include])
  if (block === undefined && context === 'stream') return newStreamBlock(include, main, config)
  const insertion = insertIntoBlock(main.text, context, include)
  if (insertion !== null) return { kind: 'edit', insertion }
  const where = block === undefined ? `has no ${context} block` : `has its ${context} block in ${block.file}`
  return { kind: 'by-hand', why: `the main configuration ${where}: add the line there: ${include}` }
}

export function includeLine(entry: string): string {
  return `include "${entry}";`
}

/** The name sorts after those of packages: nginx loads no module once it has read a block of another. */
function newStreamBlock(include: string, main: MainConf, config: readonly Placed[]): Placement {
  const name = 'zz-quayside-stream.conf'
  const folder = includedFolder('', name, main, config)
  const lines = ['stream {', `    ${include}`, '}']
  if (folder !== null) return file(`${folder}/${name}`, lines)
  return { kind: 'edit', insertion: insertAtEnd(main.text, lines) }
}

function file(path: string, lines: readonly string[]): Placement {
  const head = '# Written by "quayside-agent install"; "quayside-agent uninstall" removes it.'
  return { kind: 'file', path, text: `${[head, ...lines].join('\n')}\n` }
}

function includedFolder(
  context: string,
  name: string,
  main: MainConf,
  config: readonly Placed[],
): string | null {
  const origin = main.path.slice(0, main.path.lastIndexOf('/'))
  const folders = config
    .filter((one) => one.directive.name === 'include' && one.file === main.path && contextOf(one) === context)
    .map(({ directive: { args } }) => args[0] ?? '')
    .map((pattern) => (pattern.startsWith('/') ? pattern : `${origin}/${pattern}`))
    .filter((pattern) => pattern.startsWith(`${origin}/`) && isPlain(pattern))
    .map((pattern) => ({ folder: pattern.slice(0, pattern.lastIndexOf('/')), matches: globMatcher(pattern) }))
  return folders.find(({ folder, matches }) => matches(`${folder}/${name}`))?.folder ?? null
}

/** Only the last part of the path is a pattern. */
function isPlain(pattern: string): boolean {
  return /^[\w./@+-]+\/[^/]*\*[^/]*$/.test(pattern)
}
