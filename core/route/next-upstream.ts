import { list, oneOf, type Reader } from './fields.ts'

/** nginx's own words for what makes it send a request to another server. */
const conditions = [
  'error',
  'timeout',
  'invalid_header',
  'http_403',
  'http_404',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'non_idempotent',
  'off',
] as const
export type RetryCondition = (typeof conditions)[number]

const words = list(oneOf(...conditions), conditions.length)

/**
 * A list of nginx's words; `off` stands alone. `non_idempotent` allows a POST that may have had an effect to be sent twice, so it is
 * never a default, and says nothing without a condition beside it.
 */
export const readNextUpstream: Reader<readonly RetryCondition[]> = (text) => {
  const reading = words(text)
  if ('expected' in reading) return reading
  const { value } = reading
  if (value.includes('off') && value.length > 1) return { expected: 'off alone, or other words without it' }
  if (value.join() === 'non_idempotent') return { expected: 'another word beside non_idempotent, like error' }
  return reading
}
