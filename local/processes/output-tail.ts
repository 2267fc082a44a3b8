import type { Readable } from 'node:stream'

/** The last lines that a program printed, kept to explain why it failed. */
export interface OutputTail {
  lines(): string[]
}

/** Follows streams line by line, keeping the last `limit` lines; `onLine` gets each whole line as it comes. */
export function followOutput(
  streams: readonly (Readable | null)[],
  { limit = 40, onLine }: { limit?: number; onLine?: ((line: string) => void) | undefined } = {},
): OutputTail {
  const kept: string[] = []
  const open = new Map<Readable, string>()
  const keep = (line: string) => {
    kept.push(line)
    if (kept.length > limit) kept.shift()
    onLine?.(line)
  }
  for (const stream of streams) {
    stream?.setEncoding('utf8')
    stream?.on('data', (chunk: string) => {
      const parts = ((open.get(stream) ?? '') + chunk).split('\n')
      open.set(stream, parts.pop() ?? '')
      for (const line of parts) keep(line.replace(/\r$/, ''))
    })
  }
  return { lines: () => [...kept, ...[...open.values()].filter(Boolean)] }
}
