import type { Log } from '../../../adapters/log.ts'

const levels = ['info', 'warn', 'error'] as const

/** Passes on what a function of its own writes, line by line; what is none of its log lines is told as it is. */
export function relayLog(name: string, log: Log): (line: string) => void {
  return (line) => {
    const entry = parse(line)
    const level = levels.find((one) => one === entry?.level)
    if (entry === null || level === undefined || typeof entry.event !== 'string')
      log.warn('function-output', { function: name, line: line.slice(0, 500) })
    // Metrics are for CloudWatch.
    else if (entry._aws === undefined) log[level](entry.event, entry)
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}
