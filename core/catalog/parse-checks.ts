import { QuaysideError } from '../errors.ts'

/** Checks by node, id and service; `says` is everything of it that can matter. */
export type CheckList = ReadonlyMap<string, ListedCheck>

export type ListedCheck = {
  readonly node: string
  /** Empty for a check of the node itself. */
  readonly service: string
  readonly says: string
}

/** Reads the body of `health/state/<state>`. Throws CONSUL_REFUSED where it is not a list. */
export function parseChecks(body: unknown): CheckList {
  if (!Array.isArray(body))
    throw new QuaysideError('CONSUL_REFUSED', "The answer to health/state can't be used: it is no list.")
  const members: readonly unknown[] = body
  return new Map(
    members.map((member) => {
      const { Node, CheckID, ServiceID, ServiceName, Status, Output } = fieldsOf(member)
      const [node, service] = [text(Node), text(ServiceName)]
      const key = [node, text(CheckID), text(ServiceID), service].join('\0')
      return [key, { node, service, says: `${text(Status)} ${text(Output)}` }]
    }),
  )
}

/** Checks that appeared, vanished, or say something else. */
export function differingChecks(before: CheckList, after: CheckList): readonly ListedCheck[] {
  const gone = [...before].flatMap(([key, check]) => (after.has(key) ? [] : [check]))
  const other = [...after].flatMap(([key, check]) => (before.get(key)?.says === check.says ? [] : [check]))
  return [...gone, ...other]
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
