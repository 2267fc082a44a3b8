/** A whole number of at least one that `--<name> <value>` or `--<name>=<value>` states; `fallback` where it doesn't. */
export function countOf<Fallback extends number | null>(
  args: readonly string[],
  name: string,
  fallback: Fallback,
): number | Fallback {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  if (at < 0) return fallback
  const text = args[at]?.split('=')[1] ?? args[at + 1] ?? ''
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name} must be a whole number of at least 1, not ${JSON.stringify(text)}`)
  }
  return value
}
