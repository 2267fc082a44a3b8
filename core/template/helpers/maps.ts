import { byText } from '../../canonical.ts'
import { type Helpers, isObject, listArg, objectArg, takes, textArg } from './helper.ts'
import { holds } from './logic.ts'

type Tree = { readonly [name: string]: unknown }

/** Trees of maps made from keys with slashes, and their merging. */
export const mapHelpers: Helpers = {
  explode: takes(1, (pairs) =>
    exploded(
      listArg(pairs)
        .map(objectArg)
        .map(({ Key, Value }) => [textArg(Key), Value]),
    ),
  ),
  explodeMap: takes(1, (map) => exploded(Object.entries(objectArg(map)))),
  /** The first map's values win. */
  mergeMap: takes(2, (first, second) => merged(objectArg(second), objectArg(first))),
  /** The second map's values win. */
  mergeMapWithOverride: takes(2, (first, second) => merged(objectArg(first), objectArg(second))),
}

type Entry = readonly [path: string, value: unknown]

function exploded(entries: readonly Entry[]): Tree {
  const tops = Map.groupBy(entries, ([path]) => path.split('/')[0] ?? '')
  const sorted = [...tops].sort(([a], [b]) => byText(a, b))
  return Object.fromEntries(sorted.map(([top, own]) => [top, branch(top, own)]))
}

function branch(top: string, entries: readonly Entry[]): unknown {
  const leaf = entries.find(([path]) => path === top)
  if (leaf === undefined) return exploded(entries.map(([path, value]) => [path.slice(top.length + 1), value]))
  if (entries.length === 1) return leaf[1]
  throw new TypeError(`"${top}" is a key and a folder of keys at once`)
}

function merged(under: Tree, over: Tree): Tree {
  const names = [...new Set([...Object.keys(under), ...Object.keys(over)])].sort(byText)
  return Object.fromEntries(names.map((name) => [name, mergedMember(own(under, name), own(over, name))]))
}

function mergedMember(under: unknown, over: unknown): unknown {
  // An empty value overrides nothing, as in consul-template.
  if (isObject(under) && isObject(over)) return merged(under, over)
  return holds(over) ? over : (under ?? over)
}

function own(tree: Tree, name: string): unknown {
  return Object.hasOwn(tree, name) ? tree[name] : undefined
}
