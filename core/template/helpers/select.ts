import { byText } from '../../canonical.ts'
import { shownValue } from '../failure.ts'
import { type Helpers, isObject, listArg, objectArg, takes, textArg } from './helper.ts'

/** Choosing and grouping, with the arguments in consul-template's order. Groups come in the order of their keys. */
export const selectHelpers: Helpers = {
  byTag: takes(1, (items) => grouped(items, (item) => listArg(item.Tags).map(textArg))),
  byPort: takes(1, (items) => grouped(items, (item) => [textArg(item.Port)])),
  byMeta: takes(2, (keys, items) => {
    const names = textArg(keys).split(',')
    return grouped(items, ({ ServiceMeta }) => [metaKey(names, objectArg(ServiceMeta))])
  }),
  byKey: takes(1, byKey),
  contains: takes(2, (value, list) => isIn(list, value)),
  in: takes(2, isIn),
  containsAll: takes(2, (values, list) => listArg(values).every((value) => isIn(list, value))),
  containsAny: takes(2, (values, list) => listArg(values).some((value) => isIn(list, value))),
  containsNone: takes(2, (values, list) => !listArg(values).some((value) => isIn(list, value))),
  containsNotAll: takes(2, (values, list) => !listArg(values).every((value) => isIn(list, value))),
}

type Item = Readonly<Record<string, unknown>>

function grouped(items: unknown, keysOf: (item: Item) => readonly string[]): unknown {
  const groups = new Map<string, Item[]>()
  for (const item of listArg(items).map(objectArg))
    for (const key of new Set(keysOf(item))) groups.set(key, [...(groups.get(key) ?? []), item])
  return Object.fromEntries([...groups].sort(([a], [b]) => byText(a, b)))
}

/** `version|int,env`: values joined by `_`, numbers padded so that their order as texts is their order. */
function metaKey(names: readonly string[], meta: Item): string {
  const parts = names.map((stated) => {
    const name = stated.replace(/\|int$/, '')
    const value = textArg((Object.hasOwn(meta, name) ? meta[name] : undefined) ?? '')
    if (name === stated) return value === '' ? `_no_${name}_` : value
    if (!/^\d*$/.test(value)) throw new TypeError(`${shownValue(value)} of ${name} is no whole number`)
    return value.padStart(5, '0')
  })
  return parts.map((part) => part.replace(/[^a-zA-Z0-9_-]/g, '_')).join('_')
}

/** Pairs by the first part of their key, and within by the rest of it; those without a rest are left out. */
function byKey(pairs: unknown): unknown {
  const tops = new Map<string, [string, Item][]>()
  for (const pair of listArg(pairs).map(objectArg)) {
    const [top = '', ...rest] = textArg(pair.Key).split('/')
    const key = rest.join('/')
    if (key === '') continue
    tops.set(top, [...(tops.get(top) ?? []), [key, { ...pair, Key: key }]])
  }
  const sorted = [...tops].sort(([a], [b]) => byText(a, b))
  return Object.fromEntries(
    sorted.map(([top, own]) => [top, Object.fromEntries(own.sort(([a], [b]) => byText(a, b)))]),
  )
}

function isIn(list: unknown, value: unknown): boolean {
  if (typeof list === 'string') return list.includes(textArg(value))
  if (isObject(list)) return Object.hasOwn(list, textArg(value))
  return listArg(list).includes(value)
}
