import { join } from 'node:path'
import type { Deployed } from '../aws/lambda/sandbox.ts'

/** A function of a template that can be run here. */
export type TemplateFunction = Deployed & { readonly timeoutMs: number }

/** What CloudFormation would put for the resources that functions are told of. */
export type Places = { readonly queueUrl: string; readonly bucket: string; readonly signingKeyArn: string }

type Resource = {
  readonly Type: string
  readonly Properties?: {
    readonly Description?: string
    readonly Timeout?: number
    readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> }
  }
  readonly Metadata?: Readonly<Record<string, string>>
}

export type Template = { readonly Resources: Readonly<Record<string, Resource>> }

const names = ['register', 'reconcile', 'publish', 'sweep'] as const
export type FunctionName = (typeof names)[number]

/** The functions of the template in the assembly `folder`, with its environment, in which references are made good by `places`. */
export function functionsOf(
  template: Template,
  folder: string,
  places: Places,
): Readonly<Record<FunctionName, TemplateFunction>> {
  const all = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
  const found = names.map((name) => {
    const [, resource] = all.find(([id]) => id.toLowerCase().startsWith(name)) ?? []
    if (resource === undefined) throw new Error(`the template has no function ${name}`)
    return [name, functionOf(name, resource, { template, folder, places })] as const
  })
  return Object.fromEntries(found) as Record<FunctionName, TemplateFunction>
}

type Around = { readonly template: Template; readonly folder: string; readonly places: Places }

function functionOf(name: FunctionName, resource: Resource, around: Around): TemplateFunction {
  const path = resource.Metadata?.['aws:asset:path']
  if (path === undefined) throw new Error(`the function ${name} has no bundle in the assembly`)
  const variables = Object.entries(resource.Properties?.Environment?.Variables ?? {})
  return {
    name,
    folder: join(around.folder, path),
    timeoutMs: (resource.Properties?.Timeout ?? 3) * 1_000,
    environment: Object.fromEntries(variables.map(([key, value]) => [key, resolved(value, key, around)])),
  }
}

/** A variable as the function gets it: a text, or what a resource's name stands for once it is deployed. */
function resolved(value: unknown, key: string, { template, places }: Around): string {
  if (typeof value === 'string') return value
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] }
  const type = template.Resources[Ref ?? attribute?.[0] ?? '']?.Type
  if (type === 'AWS::SQS::Queue') return places.queueUrl
  if (type === 'AWS::S3::Bucket') return places.bucket
  if (type === 'AWS::KMS::Key') return places.signingKeyArn
  throw new Error(`the variable ${key} is ${JSON.stringify(value)}, which nothing on this machine stands for`)
}
