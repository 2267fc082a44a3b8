/** An event with a stable name and its facts; where it goes is the caller's choice. */
export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void
