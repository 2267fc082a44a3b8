import { byText } from '../canonical.ts'
import { type ContainerDefinition, isRegistrationWord } from './definition.ts'
import type { TaskContainer } from './task.ts'

/** The words that say how a container is registered: `SERVICE_*` as registrator reads them, and `nginx.*`. */
export type Words = Readonly<Record<string, string>>

/** Precedence: environment of this run, then of the task definition, then labels. After `SERVICE_` case makes no difference. */
export function wordsOf(definition: ContainerDefinition | undefined, container: TaskContainer): Words {
  const sources = [definition?.labels, definition?.environment, container.environment]
  const all = sources.flatMap((source) => Object.entries(source ?? {}))
  const own = all.filter(([name]) => isRegistrationWord(name))
  return Object.fromEntries(own.map(([name, value]) => [spelled(name), value]))
}

function spelled(name: string): string {
  return name.startsWith('SERVICE_') ? name.toUpperCase() : name
}

/** `SERVICE_<port>_<key>`, else `SERVICE_<key>`; the port is the container's. */
export function serviceWord(words: Words, port: number, key: string): string | undefined {
  return words[`SERVICE_${port}_${key}`] ?? words[`SERVICE_${key}`]
}

/** The name of the word that `serviceWord` reads. */
export function wordName(words: Words, port: number, key: string): string {
  return hasPortWord(words, port, key) ? `SERVICE_${port}_${key}` : `SERVICE_${key}`
}

/** Whether the word is set for this port alone: only then is it taken literally, without a `-<port>`. */
export function hasPortWord(words: Words, port: number, key: string): boolean {
  return words[`SERVICE_${port}_${key}`] !== undefined
}

/** Comma-separated with `\,` for a comma inside; sorted and without repetition, so that the same tags are the same data. */
export function splitTags(text: string): readonly string[] {
  const tags = text
    .split(/(?<!\\),/)
    .map((tag) => tag.replaceAll('\\,', ',').trim())
    .filter((tag) => tag !== '')
  return [...new Set(tags)].sort()
}

const ownKeys = new Set(['NAME', 'TAGS', 'ID', 'IGNORE', 'WEIGHT'])

/** All other `SERVICE_[<port>_]<KEY>` words as service meta with keys in lower case; the port-scoped one wins. */
export function metaWords(words: Words, port: number): Readonly<Record<string, string>> {
  const scoped: Record<string, string> = {}
  const general: Record<string, string> = {}
  for (const [name, value] of Object.entries(words)) {
    const [, scope, key] = /^SERVICE_(?:(\d+)_)?(.+)$/.exec(name) ?? []
    if (key === undefined || ownKeys.has(key) || isCheckWord(key)) continue
    if (scope === undefined) general[key.toLowerCase()] = value
    else if (scope === String(port)) scoped[key.toLowerCase()] = value
  }
  return { ...general, ...scoped }
}

/** Words that are scoped to a port, in order. */
export function portScopes(words: Words): readonly { readonly name: string; readonly port: number }[] {
  return Object.keys(words)
    .sort(byText)
    .flatMap((name) => {
      const scope = /^SERVICE_(\d+)_./.exec(name)?.[1]
      return scope === undefined ? [] : [{ name, port: Number(scope) }]
    })
}

export function isIgnoreWord(name: string): boolean {
  return /^SERVICE_(\d+_)?IGNORE$/.test(name)
}

/** `SERVICE_[<port>_]CHECK_*` words that hold for this port. */
export function checkWords(words: Words, port: number): readonly string[] {
  return Object.keys(words).filter((name) => {
    const [, scope, key] = /^SERVICE_(?:(\d+)_)?(.+)$/.exec(name) ?? []
    return key !== undefined && isCheckWord(key) && (scope === undefined || scope === String(port))
  })
}

function isCheckWord(key: string): boolean {
  return key.startsWith('CHECK_')
}
