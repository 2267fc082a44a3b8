import type { Directive } from './nginx-parse.ts'

type File = { readonly path: string; readonly directives: readonly Directive[] }
export type LintProblem = { readonly path: string; readonly line: number; readonly reason: string }

/**
 * What nginx only warns about and then does otherwise than written: a second server of the same name at the same place is never
 * used, and a balancing method after `keepalive` takes the kept connections away. `files` are those of the http context, together,
 * as nginx reads them.
 */
export function lintNginx(files: readonly File[]): readonly LintProblem[] {
  const blocks = files.flatMap(({ path, directives }) => directives.map((directive) => ({ path, directive })))
  const named = (name: string) => blocks.filter(({ directive }) => directive.name === name)
  return [
    ...twins(named('server')),
    ...named('upstream').flatMap(({ path, directive }) =>
      lateMethods(directive).map(({ line, name }) => ({
        path,
        line,
        reason: `${name} stands after keepalive, so no connection would be kept: write ${name} before it`,
      })),
    ),
  ]
}

type Block = { readonly path: string; readonly directive: Directive }

function twins(servers: readonly Block[]): readonly LintProblem[] {
  const seen = new Map<string, string>()
  const problems: LintProblem[] = []
  for (const { path, directive } of servers) {
    const place = `${path}, line ${directive.line}`
    for (const { text, key } of addressesOf(directive)) {
      const first = seen.get(key)
      if (first === undefined) seen.set(key, place)
      else problems.push({ path, line: directive.line, reason: `${text} is in ${first} too` })
    }
  }
  return problems
}

function addressesOf({ block }: Directive): readonly { text: string; key: string }[] {
  const args = (name: string) => (block ?? []).filter((one) => one.name === name).map((one) => one.args)
  const listens = args('listen').map(([place = '']) => placeOf(place))
  const names = args('server_name').flat()
  return (listens.length > 0 ? listens : ['80']).flatMap((place) =>
    (names.length > 0 ? names : ['']).flatMap(spellings).map((name) => ({
      text: `the server "${name}" on ${place}`,
      key: `${place} ${name}`,
    })),
  )
}

/** A leading dot means the name itself and everything below it; regular expressions are not compared by nginx either. */
function spellings(name: string): readonly string[] {
  if (name.startsWith('~')) return []
  const lower = name.toLowerCase()
  return lower.startsWith('.') ? [lower.slice(1), `*${lower}`] : [lower]
}

/** `80`, `*:80` and `0.0.0.0:80` are one place, and an address without a port is at port 80. */
function placeOf(listen: string): string {
  const place = listen.replace(/^(\*|0\.0\.0\.0):/, '')
  if (place === '*' || place === '0.0.0.0') return '80'
  return /^\d+$/.test(place) || /:\d+$/.test(place) || place.startsWith('unix:') ? place : `${place}:80`
}

const methods = ['least_conn', 'ip_hash', 'hash', 'random']

function lateMethods({ block }: Directive): readonly Directive[] {
  const at = (block ?? []).findIndex(({ name }) => name === 'keepalive')
  return at === -1 ? [] : (block ?? []).slice(at).filter(({ name }) => methods.includes(name))
}
