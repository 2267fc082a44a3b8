/** The part of JSON Schema (draft 2020-12) that says what a reader takes, for editors. */
export type Schema = {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
}

/** The same, or null: what a setting that may be left out takes. */
export function orNull(schema: Schema): Schema {
  const { type, enum: words } = schema
  if (type === undefined) return schema
  return {
    ...schema,
    type: [...new Set([type, 'null'].flat())],
    ...(words === undefined ? {} : { enum: [...words, null] }),
  }
}

/** An object with these members and no others; those without a default have to be there. */
export function objectSchema(members: Readonly<Record<string, Schema>>): Schema {
  return {
    type: 'object',
    properties: members,
    required: Object.keys(members).filter((key) => !('default' in (members[key] ?? {}))),
    additionalProperties: false,
  }
}
