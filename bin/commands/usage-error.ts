/** The command was called in a wrong way: nothing was done, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError' as const
}
