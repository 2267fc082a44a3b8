import type { Instance } from './instance.ts'

// Consul's own limits for service meta; a value beyond them would fail the whole transaction, siblings included.
const metaLimit = 64
const keyPattern = /^[A-Za-z0-9_-]{1,128}$/
const valueLimit = 512
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9])?$/
const idPattern = /^[A-Za-z0-9._:-]{1,400}$/
const tagPattern = /^[\x20-\x7e]{1,255}$/

/** What Consul or the proxy could not take of this instance, in words; null if nothing. */
export function violation(instance: Instance): string | null {
  if (!namePattern.test(instance.service)) {
    return `the service name ${show(instance.service)} must be of letters, digits, "-", "_" and "."`
  }
  if (!idPattern.test(instance.id))
    return `the service id ${show(instance.id)} has characters that aren't allowed`
  const tag = instance.tags.find((text) => !tagPattern.test(text))
  if (tag !== undefined) return `the tag ${show(tag)} must be printable ASCII of at most 255 characters`
  return metaViolation(instance.meta)
}

function metaViolation(meta: Readonly<Record<string, string>>): string | null {
  const pairs = Object.entries(meta)
  if (pairs.length > metaLimit)
    return `${pairs.length} meta keys are more than the ${metaLimit} that Consul takes`
  for (const [key, value] of pairs) {
    if (!keyPattern.test(key) || key.startsWith('consul-')) {
      return `the meta key ${show(key)} must be of letters, digits, "-" and "_" and not begin with "consul-"`
    }
    if (value.length > valueLimit)
      return `the meta ${key} is ${value.length} characters long; ${valueLimit} are allowed`
  }
  return null
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
