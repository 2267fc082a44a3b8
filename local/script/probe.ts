import { setTimeout as delay } from 'node:timers/promises'
import { QuaysideError } from '../../core/errors.ts'
import { type Answer, get } from './get.ts'
import type { Target } from './traffic.ts'

const pauseMs = 2

/**
 * Asks a target, each time on a new connection, until `isSeen` says of the answers so far (newest last) that the awaited
 * state holds. Returns the Unix milliseconds of the first of the `span` answers that make it hold.
 */
export async function probeUntil(
  target: Target,
  what: string,
  isSeen: (answers: readonly Answer[]) => boolean,
  span: number,
  limitMs = 30_000,
): Promise<number> {
  const answers: { at: number; answer: Answer }[] = []
  const deadline = Date.now() + limitMs
  while (Date.now() < deadline) {
    const answer = await get(target.url, target.hostName, false).catch(() => null)
    if (answer !== null) answers.push({ at: Date.now(), answer })
    if (isSeen(answers.map((entry) => entry.answer))) return answers.at(-span)?.at ?? Date.now()
    if (answers.length > 200) answers.shift()
    await delay(pauseMs)
  }
  const last = answers.at(-1)?.answer
  const found = last === undefined ? 'no answer' : `HTTP ${last.status} "${last.body.slice(0, 60)}"`
  throw new QuaysideError(
    'HOST_CONFIRM_FAILED',
    `${target.host} did not show within ${limitMs} ms: ${what} (last: ${found})`,
  )
}

/** Some answer came from the task. */
export function answersFrom(taskId: string) {
  return (answers: readonly Answer[]) => answers.at(-1)?.taskId === taskId
}

/** None of the last `span` answers came from one of the tasks, and all of them were good. */
export function noAnswersFrom(taskIds: readonly string[], span: number) {
  return (answers: readonly Answer[]) => {
    const last = answers.slice(-span)
    return (
      last.length === span &&
      last.every(({ status, taskId }) => status === 200 && !taskIds.includes(taskId ?? ''))
    )
  }
}

/** The route is there and says that nobody serves it, and when to come back. */
export function answers503(answers: readonly Answer[]): boolean {
  const last = answers.at(-1)
  return last?.status === 503 && last.retryAfter !== null
}
