import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Stack, Validations } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'

/** Says once, at the construct that it concerns, why a rule of cdk-nag doesn't hold for it and what lies below. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  const acknowledged = Object.entries(reasons).map(([id, reason]) => ({ id, reason }))
  Validations.of(construct).acknowledge(...acknowledged)
}

/** The reason for each statement whose resources have a wildcard, by its sid; throws for a sid that gives none. */
export function acknowledgeWildcards(
  construct: IConstruct,
  statements: readonly PolicyStatement[],
  reasons: Readonly<Record<string, string>>,
): void {
  const stack = Stack.of(construct)
  for (const { sid = '', effect, resources } of statements) {
    const wide = resources.map((resource) => flat(stack.resolve(resource))).filter((arn) => arn.includes('*'))
    if (wide.length === 0 || effect === 'Deny') continue
    const reason = reasons[sid]
    if (reason === undefined) throw new Error(`the statement ${sid} has a wildcard and no reason for it`)
    acknowledge(
      construct,
      Object.fromEntries(wide.map((arn) => [`AwsSolutions-IAM5[Resource::${arn}]`, reason])),
    )
  }
}

/** A resource as cdk-nag writes it: a reference in angle brackets, and what is joined, joined. */
function flat(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved.replaceAll('${', '<').replaceAll('}', '>')
  const [[name, value] = ['', '']] = Object.entries(resolved as Record<string, unknown>)
  if (name === 'Fn::Join') {
    const [delimiter, parts] = value as [string, unknown[]]
    return parts.map(flat).join(delimiter)
  }
  if (name === 'Fn::GetAtt') return `<${(value as string[]).join('.')}>`
  return `<${String(value)}>`
}
