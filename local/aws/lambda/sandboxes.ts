import type { LambdaContext } from './context.ts'
import { type Deployed, type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

/** A deployed function that can be invoked, with as many sandboxes as run at the same time. */
export type DeployedFunction = {
  /** `Result` is what its handler answers. Rejects with what it throws, and when its time is up; then its sandbox is ended. */
  invoke<Result>(event: unknown, context: LambdaContext): Promise<Result>
  close(): Promise<void>
}

export function deployFunction(deployed: Deployed, options: SandboxOptions): DeployedFunction {
  const all = new Set<Sandbox>()
  const idle: Sandbox[] = []
  let closing = false

  async function take(): Promise<Sandbox> {
    const free = idle.pop()
    if (free !== undefined) return free
    if (closing) throw new Error(`${deployed.name} is being closed`)
    const sandbox = await startSandbox(deployed, options)
    all.add(sandbox)
    return sandbox
  }

  async function run(sandbox: Sandbox, event: unknown, timeoutMs: number): Promise<unknown> {
    const timeout = Promise.withResolvers<never>()
    const timer = setTimeout(() => timeout.reject(new Timeout(deployed.name, timeoutMs)), timeoutMs)
    try {
      return await Promise.race([sandbox.invoke(event, timeoutMs), timeout.promise])
    } catch (error) {
      if (error instanceof Timeout) await end(sandbox)
      throw error
    } finally {
      clearTimeout(timer)
      if (all.has(sandbox) && sandbox.isAlive()) idle.push(sandbox)
    }
  }

  async function end(sandbox: Sandbox): Promise<void> {
    all.delete(sandbox)
    await sandbox.close()
  }

  return {
    invoke: async <Result>(event: unknown, context: LambdaContext) =>
      (await run(await take(), event, context.getRemainingTimeInMillis())) as Result,
    close: async () => {
      closing = true
      await Promise.all([...all].map(end))
    },
  }
}

class Timeout extends Error {
  constructor(name: string, timeoutMs: number) {
    super(`${name} timed out after ${timeoutMs} ms`)
  }
}
