/** Values that may stand in a log line. Never a token, a key, or a task's environment. */
export type LogFields = Readonly<Record<string, unknown>>

/** Each event has a stable name, so that metric filters, alarms and the local console can rely on it. */
export type Log = {
  readonly info: (event: string, fields?: LogFields) => void
  readonly warn: (event: string, fields?: LogFields) => void
  readonly error: (event: string, fields?: LogFields) => void
}

/** A log of one JSON line per event: `{level, event, time, …fields}`. */
export function createLog(
  write: (line: string) => void = (line) => console.log(line),
  now: () => number = () => Date.now(),
): Log {
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) =>
      write(JSON.stringify({ level, event, time: new Date(now()).toISOString(), ...fields }))
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
