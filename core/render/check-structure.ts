import { byText } from '../canonical.ts'
import type { NginxContext } from '../release/layout.ts'
import type { Model } from '../route/model.ts'
import { isSameItems } from '../same-items.ts'
import { checkDirectives, checkNames, refused } from './check-directives.ts'
import { createPieceMemo, type PieceMemo } from './check-pieces.ts'
import { lintNginx } from './lint-nginx.ts'
import { type Directive, parseNginx } from './nginx-parse.ts'
import { expectedOutline, outlineOf } from './outline.ts'

type File = { readonly path: string; readonly context: NginxContext; readonly content: string }

/**
 * Reads our own output back and compares it with the model, because `nginx -t` accepts injected configuration as gladly as ours:
 * the same servers, listens, names, locations and targets in the same order, no directive that we don't write, and no name that isn't
 * ours. Files with upstreams are compared too where they are given. Throws `RENDER_REFUSED` with file, line and difference.
 */
export function checkStructure(
  files: readonly File[],
  model: Model,
  memo: PieceMemo = createPieceMemo(),
): void {
  checkUnique(model)
  if (!isKnownGood(files, model, memo)) checkWhole(files, model)
}

/** Compares piece by piece, which is quick and says only yes or perhaps not. */
function isKnownGood(files: readonly File[], model: Model, memo: PieceMemo): boolean {
  const contexts: readonly NginxContext[] = ['http', 'stream']
  return contexts.every((context) => {
    const own = files.filter((file) => file.context === context)
    const outlines = own.map(({ content }) => memo.outline(content, context))
    return (
      outlines.every((one) => one !== null) && isSameItems(outlines.flat(), expectedOutline(model, context))
    )
  })
}

function checkWhole(files: readonly File[], model: Model): void {
  for (const context of ['http', 'stream'] as const) {
    const parsed = files
      .filter((file) => file.context === context)
      .map(({ path, content }) => ({ path, directives: parseNginx(content, path) }))
    for (const { path, directives } of parsed) {
      checkDirectives(path, directives, context, context)
      checkNames(path, directives)
    }
    if (context === 'http') {
      for (const { path, line, reason } of lintNginx(parsed)) throw refused(path, line, reason)
    }
    const entries = parsed.flatMap(({ path, directives }) =>
      outlineOf(directives, context).map((entry) => ({ ...entry, path })),
    )
    compare(entries, expectedOutline(model, context), context)
    compareUpstreams(parsed, model, context)
  }
}

type Place = { readonly text: string; readonly path: string; readonly line: number }

function compare(found: readonly Place[], expected: readonly string[], context: string): void {
  for (let at = 0; at < Math.max(found.length, expected.length); at += 1) {
    const place = found[at]
    if (place === undefined) {
      throw refused(`${context} files`, found.at(-1)?.line ?? 0, `"${expected[at]}" is not there`)
    }
    if (place.text !== expected[at]) {
      throw refused(
        place.path,
        place.line,
        `"${place.text}" stands where the model has "${expected[at] ?? 'nothing'}"`,
      )
    }
  }
}

function compareUpstreams(
  parsed: readonly { path: string; directives: readonly Directive[] }[],
  model: Model,
  context: NginxContext,
): void {
  const found = parsed.flatMap(({ path, directives }) =>
    directives
      .filter(({ name }) => name === 'upstream')
      .map((upstream) => ({ text: upstream.args.join(' '), line: upstream.line, path })),
  )
  if (found.length === 0) return
  const expected = model.upstreams.filter((one) => one.context === context).map(({ name }) => name)
  compare(found, expected, context)
}

/** nginx only warns of a second server with the same name on a port, and ignores it: its routes would be lost in silence. */
function checkUnique({ httpServers, streamServers, upstreams }: Model): void {
  const isSorted =
    isRising(httpServers, (a, b) => a.port - b.port || byText(a.host, b.host)) &&
    isRising(streamServers, (a, b) => a.port - b.port || byText(a.protocol, b.protocol)) &&
    isRising(upstreams, (a, b) => byText(a.name, b.name))
  // What rises holds nothing twice; only where it doesn't, all must be looked at together.
  if (isSorted) return
  const keys = [
    ...httpServers.map(({ port, host }) => `server ${host} on port ${port}`),
    ...streamServers.map(({ port, protocol }) => `server on port ${port}/${protocol}`),
    ...upstreams.map(({ context, name }) => `${context} upstream ${name}`),
  ]
  const seen = new Set<string>()
  for (const key of keys) {
    if (seen.has(key)) throw refused('model', 0, `${key} is there twice`)
    seen.add(key)
  }
}

function isRising<T>(list: readonly T[], compare: (a: T, b: T) => number): boolean {
  return list.every((one, at) => at === 0 || compare(list[at - 1] as T, one) < 0)
}
