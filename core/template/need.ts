import { byText } from '../canonical.ts'
import { QuaysideError } from '../errors.ts'

/** An instance's status: the worst of its own checks and its node's; maintenance outranks them all. */
export const statuses = ['passing', 'warning', 'critical', 'maintenance'] as const
export type Status = (typeof statuses)[number]

/**
 * What a template reads, with the datacenter always stated. `statuses` is `['any']` or sorted words of which one must fit; `passing`
 * alone is what a query without a filter means. A folder is a KV prefix that ends in a slash.
 */
export type Need = ServiceNeed | PlaceNeed | NodeNeed | KeyNeed | { readonly kind: 'datacenters' }

export type PlaceNeed = { readonly kind: 'services' | 'nodes'; readonly datacenter: string }
export type NodeNeed = { readonly kind: 'node'; readonly name: string; readonly datacenter: string }
export type KeyNeed = { readonly kind: 'key' | 'folder'; readonly path: string; readonly datacenter: string }

export type ServiceNeed = {
  readonly kind: 'service'
  readonly name: string
  readonly tag: string | null
  readonly datacenter: string
  readonly statuses: readonly (Status | 'any')[]
}

/**
 * The need's one spelling, in printable ASCII: `service name="web" tag="blue" dc="dc1" status="passing"`. Equal needs have equal
 * texts, and `parseNeed` reads them back.
 */
export function needText(need: Need): string {
  if (need.kind === 'datacenters') return 'datacenters'
  const dc = ` dc=${ascii(need.datacenter)}`
  if ('path' in need) return `${need.kind} path=${ascii(need.path)}${dc}`
  if (need.kind === 'node') return `node name=${ascii(need.name)}${dc}`
  if (need.kind !== 'service') return need.kind + dc
  const tag = need.tag === null ? '' : ` tag=${ascii(need.tag)}`
  return `service name=${ascii(need.name)}${tag}${dc} status=${ascii(need.statuses.join(','))}`
}

/** Reads what `needText` wrote. Throws RELEASE_INVALID for anything else, since layouts are where such texts are kept. */
export function parseNeed(text: string): Need {
  const [, kind = '', rest = ''] = /^([a-z]+)((?: [a-z]+="(?:[^"\\]|\\.)*")*)$/.exec(text) ?? []
  const words = new Map(
    [...rest.matchAll(/ ([a-z]+)=("(?:[^"\\]|\\.)*")/g)].map(([, name = '', value = '""']) => [
      name,
      unquoted(value),
    ]),
  )
  const need = build(kind, (name) => words.get(name) ?? null)
  if (need !== null && needText(need) === text) return need
  throw new QuaysideError('RELEASE_INVALID', `${JSON.stringify(text)} is no query of a template`)
}

/** Each need once, in the order of its text. */
export function sortedNeeds(needs: Iterable<Need>): readonly Need[] {
  const byKey = new Map([...needs].map((need) => [needText(need), need]))
  return [...byKey].sort(([a], [b]) => byText(a, b)).map(([, need]) => need)
}

/** Whether what is read are places that rot in seconds: such a file follows the catalog, whatever layout is pinned. */
export function readsPlaces(needs: readonly Need[]): boolean {
  return needs.some(({ kind }) => kind === 'service' || kind === 'node' || kind === 'nodes')
}

function build(kind: string, word: (name: string) => string | null): Need | null {
  const datacenter = word('dc') ?? ''
  const name = word('name') ?? ''
  const path = word('path') ?? ''
  if (kind === 'datacenters') return { kind }
  if (datacenter === '') return null
  if (kind === 'services' || kind === 'nodes') return { kind, datacenter }
  if (kind === 'node') return { kind, name, datacenter }
  if (kind === 'key' || kind === 'folder') return { kind, path, datacenter }
  const stated = word('status')?.split(',') ?? []
  const known = stated.filter((one): one is Status | 'any' => one === 'any' || isStatus(one))
  if (kind !== 'service' || known.length !== stated.length) return null
  return { kind, name, tag: word('tag'), datacenter, statuses: known }
}

export function isStatus(text: string): text is Status {
  return statuses.some((status) => status === text)
}

function ascii(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return ''
  }
}
