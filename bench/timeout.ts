/** The promise's result, or an error with `message` when it takes longer. */
export async function withTimeout<Result>(
  promise: Promise<Result>,
  ms: number,
  message: string,
): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${message} within ${ms} ms`)), ms)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
