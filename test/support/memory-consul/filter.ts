import { BodyError } from './fields.ts'

type Row = Readonly<Record<string, unknown>>

const equals = /^(\w+) == ("(?:[^"\\]|\\.)*")$/

/** The one kind of filter that Quayside sends: `Field == "text"`. */
export function filtered<Rows extends readonly Row[]>(
  rows: Rows,
  filter: string | undefined,
): readonly Row[] {
  if (filter === undefined) return rows
  const [, field, text] = equals.exec(filter) ?? []
  if (field === undefined || text === undefined)
    throw new BodyError(`The Consul in memory does not understand the filter ${filter}`)
  const wanted: unknown = JSON.parse(text)
  return rows.filter((row) => row[field] === wanted)
}
