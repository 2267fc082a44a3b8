/** What was asked for isn't there: a field that this item lacks, or a misspelt name. */
export class AbsentValue extends TypeError {
  override readonly name = 'AbsentValue' as const
}

export function absentField(name: string): AbsentValue {
  return new AbsentValue(`the field is not there; {{or ${name} "…"}} states what to write instead`)
}

/** A value as it may stand in a message: short and on one line. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = (JSON.stringify(value) ?? String(value)).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  )
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
