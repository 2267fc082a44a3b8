import { randomUUID } from 'node:crypto'

/** The part of Lambda's context object that the handlers use. */
export type LambdaContext = {
  readonly functionName: string
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

export function lambdaContext(functionName: string, timeoutMs: number): LambdaContext {
  const deadline = Date.now() + timeoutMs
  return {
    functionName,
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
}

/**
 * Calls a handler as Lambda would, failing when its time is up. Lambda freezes what then still runs; here it
 * goes on unheard.
 */
export async function invoke<Event, Result>(
  handler: (event: Event, context: LambdaContext) => Promise<Result>,
  event: Event,
  { functionName, timeoutMs }: { readonly functionName: string; readonly timeoutMs: number },
): Promise<Result> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => timeout.reject(new Error(`${functionName} timed out after ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    return await Promise.race([handler(event, lambdaContext(functionName, timeoutMs)), timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
