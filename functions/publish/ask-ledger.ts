import type { Evidence } from '../../core/guard/evidence.ts'
import type { Question } from '../../core/guard/guard.ts'
import { evidenceDue } from '../../core/publish/look.ts'

/** Keeps the evidence for whatever is in doubt as fresh as the guard needs it, one read at a time. */
export type LedgerAsker = {
  readonly evidence: () => Evidence | null
  /** Starts a read if one is due. Returns the Unix milliseconds of the next one, or null. */
  readonly ask: (questions: readonly Question[], now: number) => number | null
}

export type ReadEvidence = (ledgerKeys: readonly string[]) => Promise<Evidence>

const retryMs = 5_000

/** The read for the epoch alone waits for so long after the start, so that it never stands before a first publication. */
const settleMs = 2_000

/** `onEnd` is called after each read, `onFailure` before it where the read failed, which leaves the evidence as it was. */
export function createLedgerAsker(
  read: ReadEvidence,
  onEnd: () => void,
  onFailure: (error: unknown) => void,
  clock: () => number,
): LedgerAsker {
  let evidence: Evidence | null = null
  let reading = false
  let notBefore = 0
  const startedAt = clock()

  async function run(keys: readonly string[]): Promise<void> {
    try {
      evidence = await read(keys)
    } catch (error) {
      notBefore = clock() + retryMs
      onFailure(error)
    } finally {
      reading = false
      onEnd()
    }
  }

  /** What was read in the future, before the clock was set back, would pass for news of a loss that came after it. */
  const readUntil = (now: number) => (evidence === null || evidence.readAt > now ? null : evidence)

  return {
    evidence: () => readUntil(clock()),
    ask: (questions, now) => {
      const due = evidenceDue(questions, readUntil(now), now)
      if (due === null || reading) return null
      const settled = questions.length === 0 && startedAt <= now ? startedAt + settleMs : 0
      const at = Math.max(due, settled, Math.min(notBefore, now + retryMs))
      if (at > now) return at
      reading = true
      void run([...new Set(questions.flatMap(({ ledger }) => (ledger === null ? [] : [ledger])))])
      return null
    },
  }
}
