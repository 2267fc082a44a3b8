import { readInteger, readJson, readList, readNullable, readObject, readSchema } from '../release/read.ts'
import type { Publication } from './publication.ts'

/**
 * Reads the object at `publications/<generation>.json`. It is for people and unsigned, so only what a reader walks through is looked at,
 * and nothing that hosts do may follow from it. Throws RELEASE_INVALID for another schema or outline.
 */
export function parsePublication(content: string): Publication {
  const at = 'publication'
  const members = readObject(readJson(content, 'a publication'), at)
  readSchema(members.schema, `${at}.schema`)
  readInteger(members.generation, `${at}.generation`, 1, Number.MAX_SAFE_INTEGER)
  readNullable(members.pin, `${at}.pin`, readObject)
  const counts = readObject(members.counts, `${at}.counts`)
  for (const name of ['services', 'servers'])
    readInteger(counts[name], `${at}.counts.${name}`, 0, Number.MAX_SAFE_INTEGER)
  for (const name of ['holds', 'problems', 'empty']) readList(members[name], `${at}.${name}`, (item) => item)
  readList(members.changes, `${at}.changes`, (item, where) => {
    const change = readObject(item, where)
    for (const name of ['joined', 'left']) readList(change[name], `${where}.${name}`, (one) => one)
  })
  return members as Publication
}
