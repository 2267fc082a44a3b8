import { parseArgs } from 'node:util'
import { nearest } from '../../core/settings/nearest.ts'
import { UsageError } from './usage-error.ts'

/** `text` takes a value, `switch` none. */
export type FlagKinds = Readonly<Record<string, 'text' | 'switch'>>

export type Flags<Kinds extends FlagKinds> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends 'switch' ? boolean : string | null
}

/** Reads `--name value` and `--name=value`. Whatever isn't one of these names, or lacks its value, is a UsageError that says so. */
export function readFlags<const Kinds extends FlagKinds>(
  args: readonly string[],
  kinds: Kinds,
): Flags<Kinds> {
  const { words, flags } = readWords(args, kinds)
  const [word] = words
  if (word !== undefined) throw new UsageError(`"${word}" is not an option.`)
  return flags
}

/** The same with at most one word that is no option; `what` names it. Null where it is left out. */
export function readWordAndFlags<const Kinds extends FlagKinds>(
  args: readonly string[],
  kinds: Kinds,
  what: string,
): { readonly word: string | null; readonly flags: Flags<Kinds> } {
  const { words, flags } = readWords(args, kinds)
  const [word = null, second] = words
  if (second !== undefined) throw new UsageError(`"${second}" is one too many: expected one ${what}.`)
  return { word, flags }
}

function readWords<const Kinds extends FlagKinds>(
  args: readonly string[],
  kinds: Kinds,
): { readonly words: readonly string[]; readonly flags: Flags<Kinds> } {
  const options = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const found = new Map<string, string | boolean>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    found.set(token.name, flagValue(token, kinds))
  }
  const entries = Object.entries(kinds).map(([name, kind]) => {
    return [name, found.get(name) ?? (kind === 'switch' ? false : null)]
  })
  return { words, flags: Object.fromEntries(entries) }
}

type OptionToken = {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function flagValue({ name, rawName, value, inlineValue }: OptionToken, kinds: FlagKinds): string | boolean {
  const kind = kinds[name]
  if (kind === undefined) {
    const meant = nearest(name, Object.keys(kinds))
    throw new UsageError(`Unknown option ${rawName}${meant === null ? '.' : `; did you mean --${meant}?`}`)
  }
  if (kind === 'switch') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`)
    return true
  }
  // Without the equals sign, what looks like the next option is rather a value that was forgotten.
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-')))
    throw new UsageError(`${rawName} needs a value.`)
  return value
}
