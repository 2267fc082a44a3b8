import { type ParseErrorCode, parse, visit } from 'jsonc-parser'

export type ConfigText =
  | { readonly value: unknown; readonly problems: null }
  /** `value` is what can be made out of it; the problems are one line each, beginning with line and column. */
  | { readonly value: unknown; readonly problems: readonly string[] }

/** Parses JSON. What is wrong is told by line and column, and a key that stands twice is wrong: the first of them would have no effect. */
export function parseConfigText(text: string): ConfigText {
  // Some editors begin a file with a byte-order mark.
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text
  const problems = syntaxProblems(plain)
  if (problems.length > 0)
    return { value: parse(plain, [], { allowTrailingComma: true }) as unknown, problems }
  return { value: JSON.parse(plain) as unknown, problems: null }
}

function syntaxProblems(text: string): string[] {
  const comments: string[] = []
  const others: string[] = []
  const repeated: string[] = []
  const seen = new Set<string>()
  visit(
    text,
    {
      onError: (code, offset, _length, line, column) => {
        if (code === commentCode)
          comments.push(`${place(line, column)}: expected JSON, got a comment; JSON has none`)
        else others.push(`${place(line, column)}: ${wordsFor(code, text, offset)}`)
      },
      onObjectProperty: (name, _offset, _length, line, column, pathOf) => {
        const path = JSON.stringify([...pathOf(), name])
        if (seen.has(path))
          repeated.push(`${place(line, column)}: expected each key once, got "${name}" again`)
        seen.add(path)
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  )
  // What comes after the first error is mostly its consequence.
  return [...comments, ...others.slice(0, 1), ...repeated]
}

function place(line: number, column: number): string {
  return `line ${line + 1}, column ${column + 1}`
}

const commentCode: ParseErrorCode = 10

const expectations: Readonly<Record<number, string>> = {
  1: 'a value in JSON (text stands in double quotes)',
  2: 'a number',
  3: 'a key in double quotes',
  4: 'a value',
  5: 'a colon after the key',
  6: 'a comma before the next member',
  7: 'a closing }',
  8: 'a closing ]',
  9: 'the end of the file',
  12: 'a closing " on the same line',
  13: 'a number',
  14: 'four hexadecimal digits after \\u',
  15: 'an escape such as \\n or \\\\',
  16: 'text without control characters',
}

function wordsFor(code: ParseErrorCode, text: string, offset: number): string {
  const got = foundAt(text, offset)
  const before = text.slice(0, offset).trimEnd()
  const isTrailing = before.endsWith(',') && (got === '"}"' || got === '"]"')
  if (isTrailing) return `expected another member, got ${got}; no comma stands after the last one`
  return `expected ${expectations[code] ?? 'JSON'}, got ${got}`
}

/** Text may be a secret without its quotes, so it isn't repeated. */
function foundAt(text: string, offset: number): string {
  const found = text.slice(offset).trimStart()[0]
  if (found === undefined) return 'the end of the file'
  if (found === '"') return 'text'
  return /[\w$.+-]/.test(found) ? 'a word or number' : JSON.stringify(found)
}
