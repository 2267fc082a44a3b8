/** A body that Consul can't decode: answered with 400. */
export class BodyError extends Error {}

export type Fields = Readonly<Record<string, unknown>>

export function objectOf(value: unknown): Fields {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw unfit(value)
  return value as Fields
}

export function text(fields: Fields, name: string): string {
  const value = fields[name] ?? ''
  if (typeof value !== 'string') throw unfit(value)
  return value
}

export function whole(fields: Fields, name: string): number {
  const value = fields[name] ?? 0
  if (typeof value !== 'number' || !Number.isInteger(value)) throw unfit(value)
  return value
}

/** A copy, so that no caller shares an array with the store. */
export function texts(fields: Fields, name: string): readonly string[] | null {
  const value = fields[name] ?? null
  if (value === null) return null
  if (!Array.isArray(value)) throw unfit(value)
  return value.map((member) => text({ member }, 'member'))
}

export function textMap(fields: Fields, name: string): Readonly<Record<string, string>> | null {
  const value = fields[name] ?? null
  if (value === null) return null
  // In order of the keys, as Go writes maps.
  const keys = Object.keys(objectOf(value)).sort()
  return Object.fromEntries(keys.map((key) => [key, text(objectOf(value), key)]))
}

function unfit(value: unknown): BodyError {
  return new BodyError(`Failed to parse body: json: cannot unmarshal ${typeof value}`)
}
