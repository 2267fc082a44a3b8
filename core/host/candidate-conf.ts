import { QuaysideError } from '../errors.ts'

/** A folder whose files the main configuration includes by a pattern; `written` is its name there. */
export type IncludedFolder = { readonly path: string; readonly written: string }

/** One of them with the place of its copy for the test. */
export type MirroredFolder = IncludedFolder & { readonly copy: string }

/** Whether a text includes a file by its full path, outside of comments. */
export function includesFile(text: string, path: string): boolean {
  return includesIn(text).includes(path)
}

/** The text with its includes of live entry files replaced by candidates. */
export function withCandidates(text: string, replacements: ReadonlyMap<string, string>): string {
  return replaceIncludes(text, (path) => replacements.get(path))
}

/**
 * The main configuration as the test needs it: candidates in place of its entry files, and copies in place of the folders that hold such
 * an include, so that `nginx -t` tests exactly what would run. Its pid file is moved too, also where only nginx's own default says where
 * it is: `nginx -t` opens that for writing, which the agent may not, and leaves an empty one where there was none.
 */
export function candidateConf(
  mainConf: string,
  replacements: ReadonlyMap<string, string>,
  pidFile: string | null,
  folders: readonly MirroredFolder[] = [],
): string {
  const copies = new Map(folders.map(({ written, copy }) => [written, copy]))
  const moved = pidFile === null ? mainConf : withPid(mainConf, `pid "${pidFile}";`)
  return replaceIncludes(moved, (path) => {
    const pattern = patternIn(path)
    const copy = pattern === null ? undefined : copies.get(pattern.folder)
    return copy === undefined ? replacements.get(path) : `${copy}/${pattern?.names}`
  })
}

function withPid(mainConf: string, directive: string): string {
  const stated = /^(\s*)pid\s+[^;\n]+;/m
  return stated.test(mainConf)
    ? mainConf.replace(stated, (_match, before: string) => `${before}${directive}`)
    : `${directive} ${mainConf}`
}

/** Whether nginx says that the main configuration states its pid file elsewhere: in a file that it includes, or late in a line. */
export function isPidTwice(problem: string): boolean {
  return problem.includes('"pid" directive is duplicate')
}

/** The folders from which a text includes by a pattern for file names; relative ones are resolved against `origin`. */
export function includedFolders(text: string, origin: string): readonly IncludedFolder[] {
  const written = new Set(includesIn(text).flatMap((path) => patternIn(path)?.folder ?? []))
  return [...written].map((folder) => ({
    written: folder,
    path: folder.startsWith('/') ? folder : `${origin}/${folder}`,
  }))
}

/** A release behind an entry file that nobody includes could never take effect. */
export function notIncluded(path: string): QuaysideError {
  return new QuaysideError(
    'HOST_TEST_FAILED',
    `nginx's main configuration has no line "include ${path};", and neither have the files of the folders that it includes: add it to its http or stream block`,
  )
}

/** A pattern in the last part of a path, as in conf.d/*.conf. */
function patternIn(path: string): { readonly folder: string; readonly names: string } | null {
  const [, folder, names] = /^([\w./@+-]*[\w.@+-])\/+([^/]*\*[^/]*)$/.exec(path) ?? []
  return folder === undefined || names === undefined ? null : { folder, names }
}

function includesIn(text: string): readonly string[] {
  const found: string[] = []
  replaceIncludes(text, (path) => void found.push(path))
  return found
}

const include = /(?<=^|[\s{};])include\s+(?:"([^"]+)"|'([^']+)'|([^\s;"'{}]+))\s*;/g

/** Every include outside of comments, with what `replace` gives for its path, if anything. */
function replaceIncludes(text: string, replace: (path: string) => string | undefined): string {
  return text
    .split('\n')
    .map((line) => {
      const code = /^(?:#|.*?[\s{};]#)/.exec(line)?.[0].slice(0, -1) ?? line
      const replaced = code.replace(include, (whole, double, single, bare) => {
        const path = replace(double ?? single ?? bare)
        return path === undefined ? whole : `include "${path}";`
      })
      return replaced + line.slice(code.length)
    })
    .join('\n')
}
