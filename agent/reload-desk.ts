/** What became of a request to reload nginx. */
export type ReloadAnswer = { readonly done: boolean; readonly reason: string }

/** Where requests to reload wait for the cycle that serves them; one reload serves all that came before it. */
export type ReloadDesk = {
  /** The number of the request that came last. */
  readonly newest: number
  /** Whether one of the requests up to this number still waits. */
  isAsked(upTo: number): boolean
  /** Resolves when a reload that began after this call was confirmed, or when it is known that there is none. */
  ask(): Promise<ReloadAnswer>
  /** Answers the requests up to this number. */
  answer(upTo: number, answer: ReloadAnswer): void
}

export function createReloadDesk(): ReloadDesk {
  let newest = 0
  let waiting: { readonly number: number; readonly tell: (answer: ReloadAnswer) => void }[] = []
  return {
    get newest() {
      return newest
    },
    isAsked: (upTo) => waiting.some(({ number }) => number <= upTo),
    ask() {
      newest += 1
      return new Promise((tell) => waiting.push({ number: newest, tell }))
    },
    answer(upTo, answer) {
      const answered = waiting.filter(({ number }) => number <= upTo)
      waiting = waiting.filter(({ number }) => number > upTo)
      for (const { tell } of answered) tell(answer)
    },
  }
}
