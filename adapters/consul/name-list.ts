import type { ServiceIndex } from '../../core/catalog/parse-services.ts'

/** The names of all services as last read, and whoever waits for one to appear. */
export type NameList = {
  readonly current: () => ServiceIndex | null
  readonly replace: (index: ServiceIndex) => void
  /** Null where there is nothing to wait for: the name is listed, or the list was never read. Ends early with the signal. */
  readonly untilListed: (name: string, signal: AbortSignal) => Promise<void> | null
}

export function createNameList(): NameList {
  const waiting = new Set<() => void>()
  let index: ServiceIndex | null = null
  return {
    current: () => index,
    replace: (data) => {
      index = data
      for (const look of [...waiting]) look()
    },
    untilListed: (name, signal) => {
      if (index === null || index.has(name)) return null
      return new Promise((resolve) => {
        const look = () => {
          if (!signal.aborted && index?.has(name) !== true) return
          waiting.delete(look)
          signal.removeEventListener('abort', look)
          resolve()
        }
        waiting.add(look)
        signal.addEventListener('abort', look)
        look()
      })
    },
  }
}
