import { duration, type Reader } from './fields.ts'

const seconds = duration(0, 730 * 86_400_000)

/**
 * The value of the header Strict-Transport-Security out of `off`, or of a time and, if wanted, `includeSubDomains`, as in
 * `365d; includeSubDomains`. `preload` is not offered: it is next to impossible to take back.
 */
export const readHsts: Reader<string | null> = (text) => {
  if (text === 'off') return { value: null }
  const [, time = '', more] = /^([^;,\s]+)(?:[;,\s]\s*(includeSubDomains))?$/i.exec(text) ?? []
  const age = seconds(time)
  if (!('value' in age)) return { expected: 'off, or a time like 365d, or 365d; includeSubDomains' }
  const maxAge = `max-age=${Math.floor(age.value / 1_000)}`
  return { value: more === undefined ? maxAge : `${maxAge}; includeSubDomains` }
}
