/** A whole number of at least one that `--<name> <value>` or `--<name>=<value>` states; `fallback` where it doesn't. */
export function countOf<Fallback extends number | null>(
  args: readonly string[],
  name: string,
  fallback: Fallback,
): number | Fallback {
  const text = textOf(args, name)
  if (text === null) return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name} must be a whole number of at least 1, not ${JSON.stringify(text)}`)
  }
  return value
}

/** The one of `choices` that `--<name>` states; the first where it doesn't. */
export function choiceOf<Choice extends string>(
  args: readonly string[],
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = textOf(args, name)
  if (text === null) return choices[0]
  const choice = choices.find((one) => one === text)
  if (choice !== undefined) return choice
  throw new Error(`--${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
}

function textOf(args: readonly string[], name: string): string | null {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  return at < 0 ? null : (args[at]?.split('=')[1] ?? args[at + 1] ?? '')
}
