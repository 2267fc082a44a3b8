const mostPairs = 64
const longestKey = 128
const longestValue = 512

/** Consul's words for service meta that it doesn't take, or null. */
export function metaProblem(meta: Readonly<Record<string, string>> | null): string | null {
  const pairs = Object.entries(meta ?? {})
  if (pairs.length > mostPairs) return `Node metadata cannot contain more than ${mostPairs} key/value pairs`
  for (const [key, value] of pairs) {
    const problem = pairProblem(key, value)
    if (problem !== null) return `Couldn't load metadata pair ('${key}', '${value}'): ${problem}`
  }
  return null
}

function pairProblem(key: string, value: string): string | null {
  if (key === '') return 'Key cannot be blank'
  if (!/^[A-Za-z0-9_-]+$/.test(key)) return 'Key contains invalid characters'
  if (key.length > longestKey) return `Key is too long (limit: ${longestKey} characters)`
  if (key.startsWith('consul-')) return "Key prefix 'consul-' is reserved for internal use"
  if (value.length > longestValue) return `Value is too long (limit: ${longestValue} characters)`
  return null
}
