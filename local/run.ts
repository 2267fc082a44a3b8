import { explain, QuaysideError } from '../core/errors.ts'
import { live } from './live.ts'
import { type LocalOptions, parseOptions, usage } from './options.ts'
import type { Child } from './processes/child.ts'
import { stopOnSignals } from './processes/on-signal.ts'
import { openProcesses } from './processes/processes.ts'

export type Print = (text: string) => void

/** Runs the one-machine pipeline as the words of the command line say; returns the exit code once everything has stopped. */
export async function run(args: readonly string[], out: Print, progress: Print): Promise<number> {
  const options = readOptions(args, progress)
  if (options === 'wrong') return 2
  if (options === 'help') {
    out(usage)
    return 0
  }
  const crash = Promise.withResolvers<never>()
  const processes = await openProcesses({ onCrash: (child) => crash.reject(crashed(child)) })
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  const before = () => {
    progress('Stopping …')
    return close()
  }
  const release = stopOnSignals(processes, { log: progress, before })
  try {
    // With --json the result is all that stdout may hold.
    const print = options.json ? progress : out
    const living = live({ options, processes, print, result: out, onClose: (closer) => closers.push(closer) })
    return await Promise.race([living, crash.promise])
  } catch (error) {
    progress(failure(error))
    return 1
  } finally {
    await close()
    await processes.stopAll()
    release()
  }
}

function readOptions(args: readonly string[], progress: Print): LocalOptions | 'help' | 'wrong' {
  try {
    return parseOptions(args)
  } catch (error) {
    progress(failure(error))
    return 'wrong'
  }
}

function crashed(child: Child): Error {
  const words = child.output().slice(-5).join('\n  ')
  return new Error(
    `${child.name} (pid ${child.pid}) ended by itself. Its last words:\n  ${words || '(none)'}`,
  )
}

function failure(error: unknown): string {
  const code = error instanceof QuaysideError ? ` (${error.code})` : ''
  return `Quayside stopped${code}: ${explain(error)}`
}
