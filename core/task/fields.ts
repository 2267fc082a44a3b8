import { QuaysideError } from '../errors.ts'

/** An untrusted object under a path that errors name, such as `detail.containers[0]`. */
export type Fields = { readonly path: string; readonly value: Readonly<Record<string, unknown>> }

export function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return { path, value: { ...value } }
  throw wrong(path, value, 'an object')
}

export function textOf(fields: Fields, name: string): string {
  const value = fields.value[name]
  if (typeof value === 'string' && value !== '') return value
  throw wrong(at(fields, name), value, 'a text')
}

/** Null where the field isn't there. Another type is an error all the same: it would be misread later. */
export function optionalTextOf(fields: Fields, name: string): string | null {
  return fields.value[name] === undefined || fields.value[name] === null ? null : textOf(fields, name)
}

export function wholeOf(fields: Fields, name: string): number {
  const value = fields.value[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw wrong(at(fields, name), value, 'a whole number from 0')
}

/** The members of an optional list, each as an object. */
export function listOf(fields: Fields, name: string): readonly Fields[] {
  const value = fields.value[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw wrong(at(fields, name), value, 'a list')
  return value.map((member, index) => fieldsOf(member, `${at(fields, name)}[${index}]`))
}

export function optionalFieldsOf(fields: Fields, name: string): Fields {
  return fieldsOf(fields.value[name] ?? {}, at(fields, name))
}

/** The error for a field that doesn't have the documented shape. Long and structured values are cut, so no secret of an override leaks. */
export function wrong(path: string, value: unknown, expected: string): QuaysideError {
  return new QuaysideError('EVENT_INVALID', `${path} is ${show(value)} but must be ${expected}`)
}

function at(fields: Fields, name: string): string {
  return fields.path === '' ? name : `${fields.path}.${name}`
}

function show(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return JSON.stringify(value)?.slice(0, 80) ?? typeof value
}
