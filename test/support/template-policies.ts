import type { Template } from 'aws-cdk-lib/assertions'

export type Statement = {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

type Resource = { readonly Type: string; readonly Properties?: Record<string, unknown> }

/** Every resource of a template by its logical id. */
export function resourcesOf(template: Template): Readonly<Record<string, Resource>> {
  return template.toJSON().Resources
}

/** Every policy statement of a template, with the logical id of what it stands in: roles' policies and those of queues and buckets. */
export function statementsOf(template: Template): readonly (Statement & { readonly owner: string })[] {
  return Object.entries(resourcesOf(template)).flatMap(([owner, { Properties }]) => {
    const document = Properties?.PolicyDocument as { Statement: Statement[] } | undefined
    const single = Properties?.Statement as Statement | undefined
    return [...(document?.Statement ?? []), ...(single === undefined ? [] : [single])].map((one) => ({
      ...one,
      owner,
    }))
  })
}

/** One or several, as IAM writes it. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T]
}
