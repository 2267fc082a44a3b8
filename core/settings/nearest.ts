/** The known name most like the given one, or null if none is alike enough to be what somebody meant. */
export function nearest(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((word) => ({ word, distance: editDistance(name.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.word : null
}

/** Levenshtein distance: the fewest letters to add, drop or change. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) row = nextRow(row, i + 1, letter, b)
  return row[b.length] ?? 0
}

function nextRow(above: readonly number[], first: number, letter: string, b: string): number[] {
  const row = [first]
  for (let j = 1; j <= b.length; j += 1) {
    const change = (above[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1)
    row.push(Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, change))
  }
  return row
}
