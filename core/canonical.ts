import crypto from 'node:crypto'

/** A value that JSON can hold. `undefined` members are left out, as JSON.stringify does. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

/** JSON text with sorted keys and no spaces: the same value gives the same bytes, whoever writes it. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null'
}

/** The value with its keys in order; itself where they are already. A replacer would do, in several times as long. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return sorted(value.toJSON())
  if (Array.isArray(value)) {
    const members = value.map(sorted)
    return members.every((member, at) => member === value[at]) ? value : members
  }
  return sortedMembers(value as Readonly<Record<string, unknown>>)
}

function sortedMembers(value: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(value)
  let isSame = true
  let before = ''
  for (const key of keys) {
    const member = value[key]
    if (key < before || (typeof member === 'object' && sorted(member) !== member)) isSame = false
    before = key
  }
  return isSame ? value : Object.fromEntries(keys.sort().map((key) => [key, sorted(value[key])]))
}

const texts = new WeakMap<object, string>()

/** The same for a value that is never changed: its text is made once. */
export function canonicalOnce(value: object): string {
  const text = texts.get(value) ?? canonicalJson(value)
  texts.set(value, text)
  return text
}

/** `[…]` and `{…}` of members that are canonical JSON already; keys come in the order that they are in. */
export function jsonList(members: readonly string[]): string {
  return `[${members.join(',')}]`
}

export function jsonObject(members: readonly (readonly [string, string])[]): string {
  let text = ''
  for (const [key, member] of members) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${member}`
  return `{${text}}`
}

/** SHA-256 in lower-case hex of the text's UTF-8 bytes. */
export function sha256(content: string | Uint8Array): string {
  // At once where Node.js can: a digest of a few bytes then takes half as long.
  return crypto.hash?.('sha256', content, 'hex') ?? crypto.createHash('sha256').update(content).digest('hex')
}

/** SHA-256 of the canonical JSON: an identity that depends on content alone. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value))
}

const digests = new WeakMap<object, string>()

/** The same for a value that is never changed: its digest is made once. */
export function digestOnce(value: object): string {
  const digest = digests.get(value) ?? digestOf(value)
  digests.set(value, digest)
  return digest
}

/** The list in order; itself where it is already, as it mostly is: sorting costs more than looking. */
export function inOrder<T>(list: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  for (let at = 1; at < list.length; at += 1) {
    const [before, one] = [list[at - 1] as T, list[at] as T]
    if (compare(before, one) > 0) return [...list].sort(compare)
  }
  return list
}

/** Orders by code unit, the same on every machine and locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
