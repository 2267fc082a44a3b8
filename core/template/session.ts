import type { TemplateData } from './data.ts'
import { shownValue } from './failure.ts'
import { type Need, needText } from './need.ts'
import { type Blame, type Origin, originText } from './origin.ts'

/** Why a template doesn't render yet, though all that it read is known. */
export type Waiting = { readonly need: Need; readonly why: string }

/** What one rendering has read so far, and what it lacks. */
export type Session = {
  readonly data: TemplateData
  /** Notes what is read; an answer that isn't there yet is noted as missing. */
  readonly note: <T>(need: Need, answer: T | undefined) => T | undefined
  readonly wait: (need: Need, why: string) => void
  readonly needs: () => readonly Need[]
  readonly missing: () => readonly Need[]
  readonly waiting: () => readonly Waiting[]
  /** Notes what an item of a list was made from, and gives the item back. */
  readonly mark: <T extends object>(item: T, origin: Origin) => T
  readonly originOf: (item: unknown) => Origin | undefined
  /** How many items were made. */
  readonly marked: () => number
  /** Notes that the rendering fails for what this item holds, and would do without it. */
  readonly blame: (blame: Blame) => void
  readonly blamed: () => readonly Blame[]
  /** Notes that a place in the templates did what it should for some item. */
  readonly worked: (place: string) => void
  readonly everWorked: (place: string) => boolean
  /** Whether it only goes on to find out what else is read: what follows from absent values is then no error. */
  readonly isUnready: () => boolean
  /** Whether there will be no result, for whatever reason. */
  readonly isVoid: () => boolean
}

/** What hosts accept of a query in a layout. */
const longestNeed = 1_000

export function openSession(data: TemplateData): Session {
  const needs = new Map<string, Need>()
  const missing = new Map<string, Need>()
  const waiting = new Map<string, Waiting>()
  const origins = new WeakMap<object, Origin>()
  const blamed = new Map<string, Blame>()
  const worked = new Set<string>()
  let marked = 0
  const isUnready = () => missing.size > 0 || waiting.size > 0
  return {
    data,
    note: (need, answer) => {
      const text = needText(need)
      if (text.length > longestNeed) throw new TypeError(`the query is too long: ${shownValue(text)}`)
      needs.set(text, need)
      if (answer === undefined) missing.set(text, need)
      return answer
    },
    wait: (need, why) => void waiting.set(needText(need), { need, why }),
    needs: () => [...needs.values()],
    missing: () => [...missing.values()],
    waiting: () => [...waiting.values()],
    mark: (item, origin) => {
      origins.set(item, origin)
      marked += 1
      return item
    },
    originOf: (item) => (typeof item === 'object' && item !== null ? origins.get(item) : undefined),
    marked: () => marked,
    blame: (blame) => {
      const key = originText(blame.origin)
      if (!blamed.has(key)) blamed.set(key, blame)
    },
    worked: (place) => void worked.add(place),
    everWorked: (place) => worked.has(place),
    blamed: () => [...blamed.values()],
    isUnready,
    isVoid: () => isUnready() || blamed.size > 0,
  }
}
