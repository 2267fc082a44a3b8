import { EcsError, invalidParameter } from '../errors.ts'
import { idOf } from '../model.ts'
import type { Plane } from '../plane.ts'

/**
 * A request's parsed JSON. Fields are read one by one, so that a wrong type is named and refused as ECS does.
 */
export type Input = Readonly<Record<string, unknown>>

/** The cluster's ARN; ECS takes "default" where a request names none. */
export function clusterOf(plane: Plane, input: Input): string {
  const reference = textOf(input, 'cluster') ?? 'default'
  const arn = plane.clusters.get(idOf(reference))
  if (arn === undefined || (reference.startsWith('arn:') && reference !== arn))
    throw new EcsError('ClusterNotFoundException', 'Cluster not found.')
  return arn
}

export function textOf(input: Input, field: string): string | undefined {
  return read(input, field, 'a string', (value) => typeof value === 'string') as string | undefined
}

export function numberOf(input: Input, field: string): number | undefined {
  return read(input, field, 'a number', (value) => typeof value === 'number') as number | undefined
}

export function flagOf(input: Input, field: string): boolean | undefined {
  return read(input, field, 'a boolean', (value) => typeof value === 'boolean') as boolean | undefined
}

/** A list of 1 to `most` identifiers. */
export function identifiersOf(input: Input, field: string, most: number): string[] {
  const isTexts = (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => typeof item === 'string')
  const texts = (read(input, field, 'a list of strings', isTexts) ?? []) as string[]
  if (texts.length === 0) throw invalidParameter(`${field} cannot be empty.`)
  if (texts.length > most)
    throw invalidParameter(`${field} cannot have more than ${most} elements (got ${texts.length})`)
  return texts
}

/**
 * One page of a listing. The token names the last item of the page before, so that a listing survives changes
 * in between.
 */
export function pageOf(
  input: Input,
  arns: readonly string[],
  pageSize: number,
): { page: string[]; nextToken?: string } {
  const most = numberOf(input, 'maxResults') ?? pageSize
  if (most < 1 || most > pageSize)
    throw invalidParameter(`maxResults must be from 1 to ${pageSize} (got ${most})`)
  const token = textOf(input, 'nextToken')
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString()
  if (token !== undefined && !after.startsWith('arn:')) throw invalidParameter('Invalid token.')
  const rest = arns.filter((arn) => arn > after).sort()
  const page = rest.slice(0, most)
  const last = page.at(-1)
  if (rest.length <= page.length || last === undefined) return { page }
  return { page, nextToken: Buffer.from(last).toString('base64url') }
}

function read(input: Input, field: string, expected: string, isRight: (value: unknown) => boolean): unknown {
  const value = input[field]
  if (value === undefined || value === null) return undefined
  if (!isRight(value)) throw new EcsError('SerializationException', `${field} must be ${expected}`)
  return value
}
