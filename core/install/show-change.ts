import type { Change } from './plan.ts'

/** A change in lines for people; `whole` shows every line that would be written. */
export function showChange(change: Change, whole: boolean): readonly string[] {
  const { path, before, after, what } = change
  const verb = before === null ? 'create' : change.inserted === undefined ? 'replace' : 'edit'
  const head = `  ${verb} ${path} (${what})`
  if (!whole) return [head]
  return [head, ...(verb === 'edit' && before !== null ? addedLines(before, after) : allLines(after))]
}

function allLines(text: string): readonly string[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `    + ${line}`)
}

/** Lines were only added, so what isn't the next line of the old text is new. */
function addedLines(before: string, after: string): readonly string[] {
  const old = before.split('\n')
  let at = 0
  return after.split('\n').flatMap((line, i) => {
    if (old[at] === line) {
      at += 1
      return []
    }
    return [`    + ${String(i + 1).padStart(4)}: ${line}`]
  })
}

/** A finding in lines for people. */
export function showFinding({
  level,
  what,
  todo,
}: {
  readonly level: string
  readonly what: string
  readonly todo: string
}): readonly string[] {
  return [`  [${level}] ${what}`, `         ${todo}`]
}
