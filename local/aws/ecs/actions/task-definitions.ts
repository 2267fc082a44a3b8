import { EcsError } from '../errors.ts'
import { idOf, type TaskDefinition } from '../model.ts'
import type { Plane } from '../plane.ts'
import { type Input, textOf } from './input.ts'

export function describeTaskDefinition(plane: Plane, input: Input) {
  return { taskDefinition: findDefinition(plane, textOf(input, 'taskDefinition') ?? ''), tags: [] }
}

/** By ARN, `family:revision`, or family, which means its latest revision. */
export function findDefinition(plane: Plane, reference: string): TaskDefinition {
  const name = idOf(reference)
  const revisions = [...plane.definitions.values()].filter(
    ({ family, revision }) => name === family || name === `${family}:${revision}`,
  )
  const [latest] = revisions.toSorted((a, b) => b.revision - a.revision)
  if (latest === undefined || (reference.startsWith('arn:') && latest.taskDefinitionArn !== reference))
    throw new EcsError('ClientException', 'Unable to describe task definition.')
  return latest
}
