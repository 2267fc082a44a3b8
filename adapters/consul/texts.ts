/** The members of a map that are texts: whatever else somebody wrote there says nothing to us. */
export function textsOf(value: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const pairs = Object.entries(value)
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
}
