import { join } from 'node:path'
import { describeExit } from '../../processes/child.ts'
import type { Processes } from '../../processes/processes.ts'
import { startRuntimeApi } from './runtime-api.ts'

/** What is deployed of one function. */
export type Deployed = {
  readonly name: string
  /** The folder of its bundle, whose `index.mjs` exports `handler`. */
  readonly folder: string
  /** Its whole environment, Lambda's own variables left out. */
  readonly environment: Readonly<Record<string, string>>
}

/** A process that holds one copy of a function, as Lambda's micro machines do. It runs one invocation at a time. */
export type Sandbox = {
  invoke(event: unknown, timeoutMs: number): Promise<unknown>
  /** False once its process has ended. */
  isAlive(): boolean
  close(): Promise<void>
}

export type SandboxOptions = {
  readonly processes: Pick<Processes, 'start'>
  /** Each line that the function writes. */
  readonly onLine: (line: string) => void
}

const runtime = join(import.meta.dirname, 'runtime.mjs')

/** Starts it and loads the bundle. Rejects with what the bundle says if it can't be loaded. */
export async function startSandbox(
  { name, folder, environment }: Deployed,
  { processes, onLine }: SandboxOptions,
): Promise<Sandbox> {
  const api = await startRuntimeApi()
  const env = {
    ...environment,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${api.port}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
  }
  const child = await processes
    .start({
      ...{ name, command: process.execPath, args: [runtime, join(folder, 'index.mjs')], cwd: folder, env },
      ...{ graceMs: 0, onLine },
      ready: (started) => {
        const ended = started.exited.then(() => Promise.reject(new Error(describeExit(started))))
        return Promise.race([api.ready, ended])
      },
    })
    .catch(async (error: unknown) => {
      await api.close()
      throw error
    })
  const ended = child.exited.then(() => Promise.reject(new Error(describeExit(child))))
  ended.catch(() => {})
  return {
    invoke: (event, timeoutMs) => Promise.race([api.invoke(event, timeoutMs), ended]),
    isAlive: () => child.exit() === undefined,
    close: async () => {
      await child.stop()
      await api.close()
    },
  }
}
