/** One line of a diff: kept, only in the old text, or only in the new one. */
export type DiffLine = { readonly sign: ' ' | '-' | '+'; readonly text: string }

/** With more differences than this, texts count as replaced as a whole: nobody reads such a diff. */
const mostEdits = 1_000

/** The shortest way from one list of lines to the other, by the greedy algorithm of Myers (1986). */
export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const trace = furthestReaching(before, after)
  if (trace === null) return [...signed('-', before), ...signed('+', after)]
  const lines: DiffLine[] = []
  let [x, y] = [before.length, after.length]
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reached = trace[edits] ?? new Map()
    const k = x - y
    const down = isDown(reached, k, edits)
    const from = down ? k + 1 : k - 1
    const fromX = edits === 0 ? 0 : (reached.get(from) ?? 0)
    const fromY = edits === 0 ? 0 : fromX - from
    while (x > fromX && y > fromY) {
      lines.push({ sign: ' ', text: before[x - 1] ?? '' })
      x -= 1
      y -= 1
    }
    if (edits === 0) break
    lines.push(down ? { sign: '+', text: after[fromY] ?? '' } : { sign: '-', text: before[fromX] ?? '' })
    x = fromX
    y = fromY
  }
  return lines.reverse()
}

/** Per number of edits, how far each diagonal was reached before it; null where there are too many. */
function furthestReaching(
  before: readonly string[],
  after: readonly string[],
): readonly ReadonlyMap<number, number>[] | null {
  const reached = new Map<number, number>([[1, 0]])
  const trace: ReadonlyMap<number, number>[] = []
  for (let edits = 0; edits <= mostEdits; edits += 1) {
    trace.push(new Map(reached))
    for (let k = -edits; k <= edits; k += 2) {
      let x = isDown(reached, k, edits) ? (reached.get(k + 1) ?? 0) : (reached.get(k - 1) ?? 0) + 1
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1
      reached.set(k, x)
      if (x >= before.length && x - k >= after.length) return trace
    }
  }
  return null
}

function isDown(reached: ReadonlyMap<number, number>, k: number, edits: number): boolean {
  return k === -edits || (k !== edits && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1))
}

const context = 3

/** A unified diff of two texts under one name; empty where they are equal. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  const lines = diffLines(linesOf(before), linesOf(after))
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ sign }) => sign !== ' '),
  )
  const out = [`--- ${path} (in force)`, `+++ ${path} (planned)`]
  let [oldLine, newLine] = [1, 1]
  lines.forEach((line, at) => {
    if (near[at] && !near[at - 1]) {
      const end = near.indexOf(false, at)
      const hunk = lines.slice(at, end === -1 ? lines.length : end)
      const count = (sign: '-' | '+') => hunk.filter((one) => one.sign === ' ' || one.sign === sign).length
      out.push(`@@ -${oldLine},${count('-')} +${newLine},${count('+')} @@`)
    }
    if (near[at]) out.push(`${line.sign}${line.text}`)
    if (line.sign !== '+') oldLine += 1
    if (line.sign !== '-') newLine += 1
  })
  return out.join('\n')
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function signed(sign: '-' | '+', lines: readonly string[]): readonly DiffLine[] {
  return lines.map((text) => ({ sign, text }))
}
