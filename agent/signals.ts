import { explain } from '../core/errors.ts'
import type { Agent } from './agent.ts'
import type { Log } from './log.ts'

/** Below what systemd waits for until it kills the service (`TimeoutStopSec`). */
export const stopMs = 25_000

/**
 * SIGTERM and SIGINT let the agent finish or undo the step in hand and end; a second one changes nothing. SIGHUP reloads nginx as
 * `quayside-agent reload` does, without an answer. Resolves with the exit code when the agent has ended.
 */
export function obeySignals(agent: Pick<Agent, 'stop' | 'reload'>, log: Log): Promise<0 | 1> {
  process.on('SIGHUP', () => void agent.reload())
  return new Promise((resolve) => {
    let stopping = false
    const stop = (signal: string) => {
      if (stopping) return
      stopping = true
      log.info('host-stopping', { signal })
      const late = setTimeout(() => {
        // What is on disk is valid at any moment, and the next agent finds out what nginx runs.
        log.warn('host-stop-late', { reason: `the running cycle did not end within ${stopMs} ms` })
        process.exit(1)
      }, stopMs)
      const end = (code: 0 | 1) => {
        clearTimeout(late)
        resolve(code)
      }
      agent.stop().then(
        () => {
          log.info('host-stopped', {})
          end(0)
        },
        (error: unknown) => {
          log.warn('host-stop-failed', { reason: explain(error) })
          end(1)
        },
      )
    }
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop)
  })
}
