import { explain } from '../../core/errors.ts'
import type { Processes } from './processes.ts'

/** The parts of `process` that are used, so that a test can stand in for it. */
export type Host = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>

export interface ShutdownOptions {
  readonly log: (line: string) => void
  /** Called first, once, with everything still running; for instance to stop taking requests. */
  readonly before?: () => Promise<void> | void
  readonly host?: Host
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Makes this process stop everything it started when it is told to end (Ctrl-C, SIGTERM, a closed terminal) or fails by an uncaught error,
 * and then exit. A second signal stops waiting. Returns a function that takes the handlers off again.
 */
export function stopOnSignals(processes: Processes, options: ShutdownOptions): () => void {
  const { log, before, host = process } = options
  let ending = false
  const end = async (code: number) => {
    if (ending) {
      processes.killAll()
      return host.exit(code)
    }
    ending = true
    try {
      await before?.()
    } catch (error) {
      log(`While stopping: ${explain(error)}`)
    }
    await processes.stopAll().catch((error) => log(`While stopping: ${explain(error)}`))
    host.exit(code)
  }
  const onError = (error: unknown) => {
    log(`Stopping after an unexpected error: ${explain(error)}`)
    void end(1)
  }
  const onSignal = (signal: NodeJS.Signals) => void end(exitCodes[signal as keyof typeof exitCodes])
  const handlers = [
    ...Object.keys(exitCodes).map((signal) => [signal, onSignal] as const),
    ...['uncaughtException', 'unhandledRejection'].map((event) => [event, onError] as const),
  ]
  for (const [event, handler] of handlers) host.on(event, handler)
  return () => {
    for (const [event, handler] of handlers) host.off(event, handler)
  }
}
