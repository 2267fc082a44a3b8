type Write = (event: string, fields: Readonly<Record<string, unknown>>) => void

/** Events with stable names and their facts; where they go is the caller's choice. */
export type Log = { readonly info: Write; readonly warn: Write }
