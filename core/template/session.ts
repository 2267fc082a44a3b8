import type { TemplateData } from './data.ts'
import { type Need, needText } from './need.ts'

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
  /**
   * Whether the result is void already, and only goes on to find out what else is read: what follows from absent values is then no
   * error.
   */
  readonly isVoid: () => boolean
}

export function openSession(data: TemplateData): Session {
  const needs = new Map<string, Need>()
  const missing = new Map<string, Need>()
  const waiting = new Map<string, Waiting>()
  return {
    data,
    note: (need, answer) => {
      needs.set(needText(need), need)
      if (answer === undefined) missing.set(needText(need), need)
      return answer
    },
    wait: (need, why) => void waiting.set(needText(need), { need, why }),
    needs: () => [...needs.values()],
    missing: () => [...missing.values()],
    waiting: () => [...waiting.values()],
    isVoid: () => missing.size > 0 || waiting.size > 0,
  }
}
