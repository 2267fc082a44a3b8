import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { everyTick, type Ticker } from '../../../../local/aws/lambda/every-tick.ts'
import { eventually } from '../../../support/eventually.ts'

function ticker(t: TestContext, options: Partial<Parameters<typeof everyTick>[0]>): Ticker {
  const started = everyTick({ periodMs: 10, timeoutMs: 1000, handler: async () => {}, ...options })
  t.after(() => started.close(0))
  return started
}

test('a tick comes at once and then each period, with the event and context of a schedule', async (t) => {
  const seen: unknown[] = []
  const started = ticker(t, {
    functionName: 'reconcile',
    handler: async (event, context) =>
      seen.push([
        event.source,
        event['detail-type'],
        context.functionName,
        context.getRemainingTimeInMillis() <= 1000,
      ]),
  })
  assert.equal(seen.length, 1)
  await eventually('three ticks', () => seen.length >= 3)
  assert.deepEqual(seen[0], ['aws.events', 'Scheduled Event', 'reconcile', true])
  await started.close()
})

test('ticks that take longer than the period run beside each other', async (t) => {
  let running = 0
  const gate = Promise.withResolvers<void>()
  const started = ticker(t, {
    handler: async () => {
      running += 1
      await gate.promise
    },
  })
  await eventually('overlap', () => running >= 3)
  gate.resolve()
  await started.close()
})

test('a tick that throws or runs out of time is logged, and the next ones come', async (t) => {
  const lines: string[] = []
  let calls = 0
  ticker(t, {
    timeoutMs: 5,
    log: (line) => lines.push(line),
    handler: () => {
      calls += 1
      return calls === 1 ? Promise.reject(new Error('broken')) : new Promise(() => {})
    },
  })
  await eventually('a timeout', () => lines.some((line) => line.includes('timed out after 5 ms')))
  assert.equal(lines[0], 'scheduled failed: broken')
})

test('closing signals the running tick and starts no more', async (t) => {
  let calls = 0
  const started = ticker(t, {
    handler: async (_event, _context, signal) => {
      calls += 1
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  await started.close()
  const after = calls
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(calls, after)
})
