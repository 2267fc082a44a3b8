import { test } from 'node:test'
import fc from 'fast-check'
import { anyHistory, type History, playHistory } from '../../support/races/history.ts'
import { isFull, property } from '../../support/scale.ts'

const rule =
  'generations grow, nothing old comes back, a pin holds, hosts find all that a pointer names, and the last word is the truth'

test(`whatever publishers race, pause and wake: ${rule}`, { timeout: 600_000 }, async () => {
  await fc.assert(fc.asyncProperty(anyHistory(6), playHistory), property(1_000))
})

test(`with a canary channel: ${rule}; the other channel keeps its layout and follows the servers`, {
  timeout: 600_000,
}, async () => {
  const play = (history: History) => playHistory({ ...history, canary: true })
  await fc.assert(fc.asyncProperty(anyHistory(6), play), property(300))
})

test(`fifty publishers at once: ${rule}`, { timeout: 1_800_000 }, async () => {
  const { seed } = property(200)
  await fc.assert(fc.asyncProperty(anyHistory(50, 50), playHistory), { numRuns: isFull ? 200 : 1, seed })
})
