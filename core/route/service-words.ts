import type { GuardSettings } from '../settings/settings.ts'
import { integer, oneOf, type Reader, readShare } from './fields.ts'
import { keyPrefix, type ServiceWord } from './keys.ts'
import type { Problem } from './problem.ts'
import { invalid } from './read-route.ts'

const readers = {
  'on-unhealthy': oneOf('serve', '503'),
  'min-instances': integer(0, 1_000),
  'max-shrink': readShare,
} as const satisfies Partial<Record<ServiceWord, Reader<unknown>>>

/**
 * What is wrong with the words that hold for the whole service. Who follows the instances reads them for itself; here they are only
 * checked, like every other label.
 */
export function serviceProblems(
  source: string,
  words: Readonly<Partial<Record<ServiceWord, string>>>,
): readonly Problem[] {
  return Object.entries(readers).flatMap(([word, reader]) => {
    const text = words[word as keyof typeof readers]
    const reading = text === undefined ? null : reader(text)
    if (text === undefined || reading === null || 'value' in reading) return []
    return [invalid(source, `${keyPrefix}${word}`, text, reading.expected)]
  })
}

/** The guard's settings that a service states for itself. */
export type GuardWords = Partial<Pick<GuardSettings, 'minInstances' | 'maxShrink'>>

/** Where instances differ, as during a deployment, the most careful value counts; a bad one counts as unstated. */
export function guardWords(metas: readonly Readonly<Record<string, string>>[]): GuardWords {
  const stated = (word: 'min-instances' | 'max-shrink') =>
    metas.flatMap((meta) => {
      const text = meta[`${keyPrefix}${word}`]
      const reading = text === undefined ? null : readers[word](text)
      return reading !== null && 'value' in reading ? [reading.value] : []
    })
  const [least, shrink] = [stated('min-instances'), stated('max-shrink')]
  return {
    ...(least.length === 0 ? {} : { minInstances: Math.max(...least) }),
    ...(shrink.length === 0 ? {} : { maxShrink: Math.min(...shrink) }),
  }
}
