import { canonicalJson } from '../canonical.ts'
import { readJson, readObject, readSchema, readText } from '../release/read.ts'

/** A template of the operator's: trusted code. Names are those of the files without `.hbs`. */
export type OperatorTemplate = {
  readonly name: string
  readonly text: string
  /** What it may include with `{{> name}}`. */
  readonly partials: Readonly<Record<string, string>>
}

/** The template as one text, so that a layout can name it by its digest and it can be rendered again later. */
export function serialiseTemplate({ name, text, partials }: OperatorTemplate): string {
  return canonicalJson({ schema: 1, name, text, partials })
}

/** Reads what `serialiseTemplate` wrote. Throws RELEASE_INVALID where it is malformed. */
export function parseStoredTemplate(content: string): OperatorTemplate {
  const members = readObject(readJson(content, 'template'), 'template')
  readSchema(members.schema, 'template.schema')
  const partials = Object.entries(readObject(members.partials, 'template.partials'))
  const text = (value: unknown, where: string) => readText(value, where, /^/, 'a text')
  return {
    name: text(members.name, 'template.name'),
    text: text(members.text, 'template.text'),
    partials: Object.fromEntries(
      partials.map(([name, value]) => [name, text(value, `template.partials.${name}`)]),
    ),
  }
}
