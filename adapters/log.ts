/** Values that may stand in a log line. Never a token, a key, or a task's environment. */
export type LogFields = Readonly<Record<string, unknown>>

/** Each event has a stable name, so that metric filters, alarms and the local console can rely on it. */
export type Log = {
  readonly info: (event: string, fields?: LogFields) => void
  readonly warn: (event: string, fields?: LogFields) => void
  readonly error: (event: string, fields?: LogFields) => void
}

/**
 * Writes a line as it is. In Lambda `console.log` would wrap it: a line of JSON becomes a text inside another one, of level INFO
 * whatever it says itself, and CloudWatch finds neither fields nor metrics in it.
 */
export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A log of one JSON line per event: `{level, event, timestamp, …fields}`; Lambda filters by the first and the third. */
export function createLog(
  write: (line: string) => void = writeLine,
  now: () => number = () => Date.now(),
): Log {
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ level, event, timestamp: new Date(now()).toISOString(), ...fields }))
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
