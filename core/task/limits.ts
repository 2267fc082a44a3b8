import type { Instance } from './instance.ts'

// Consul's own limits for service meta; a value beyond them would fail the whole transaction, siblings included.
const metaLimit = 64
const keyPattern = /^[A-Za-z0-9_-]{1,128}$/
const valueLimit = 512
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9])?$/
const labelLimit = 63
const idPattern = /^[A-Za-z0-9._:-]{1,400}$/
const tagPattern = /^[\x20-\x7e]{1,255}$/
const weightLimit = 65_535

/** What Consul or the proxy could not take of this instance, in words that name the label; null if nothing. */
export function violation(instance: Instance): string | null {
  return (
    nameViolation(instance.service) ??
    idViolation(instance.id) ??
    weightViolation(instance.weight) ??
    tagViolation(instance.tags) ??
    metaViolation(instance.meta)
  )
}

function nameViolation(name: string): string | null {
  const isLong = name.split('.').some((label) => label.length > labelLimit)
  if (namePattern.test(name) && !isLong) return null
  return (
    `the service name ${show(name)} (SERVICE_NAME, SERVICE_<port>_NAME, or else the ECS service's) must be of letters, digits, "-", ` +
    `"_" and ".", begin and end with a letter or digit, and have at most ${labelLimit} characters between dots`
  )
}

function idViolation(id: string): string | null {
  if (idPattern.test(id)) return null
  return `the service id ${show(id)} (from SERVICE_ID) must be of letters, digits, "-", "_", "." and ":" and have at most 400 characters`
}

/** Consul turns a weight that it doesn't allow into 1 without a word, 0 included. */
function weightViolation(weight: number): string | null {
  if (Number.isInteger(weight) && weight >= 1 && weight <= weightLimit) return null
  return (
    `SERVICE_WEIGHT must be a whole number from 1 to ${weightLimit}; to take an instance out, stop its task, ` +
    'and to shift traffic between services use nginx.weight'
  )
}

/** Whether Consul and the proxy can take the tag. */
export function isTag(text: string): boolean {
  return tagPattern.test(text)
}

/** Whether Consul can take the value of service meta. */
export function isMetaValue(text: string): boolean {
  return Buffer.byteLength(text) <= valueLimit && !hasControl(text)
}

function tagViolation(tags: readonly string[]): string | null {
  const tag = tags.find((text) => !isTag(text))
  return tag === undefined
    ? null
    : `the tag ${show(tag)} (from SERVICE_TAGS) must be of printable ASCII and at most 255 characters`
}

function metaViolation(meta: Readonly<Record<string, string>>): string | null {
  const pairs = Object.entries(meta)
  if (pairs.length > metaLimit)
    return `${pairs.length} meta keys (SERVICE_<KEY>, nginx.*, and Quayside's own) are more than the ${metaLimit} that Consul takes`
  for (const [key, value] of pairs) {
    if (!keyPattern.test(key) || key.startsWith('consul-')) {
      return `the meta key ${show(key)} must be of letters, digits, "-" and "_" and not begin with "consul-"`
    }
    // Consul counts bytes, whatever its message says.
    const bytes = Buffer.byteLength(value)
    if (bytes > valueLimit) return `the meta ${key} has ${bytes} bytes; ${valueLimit} are allowed`
    if (hasControl(value)) return `the meta ${key} is ${show(value)}; control characters are not allowed`
  }
  return null
}

// Not a pattern: a control character in one is what the linter takes for a mistake.
function hasControl(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f')
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
