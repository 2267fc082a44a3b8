import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Mutation } from '../support/mutations/mutation.ts'
import { mutations } from '../support/mutations/mutations.ts'
import { isFull } from '../support/scale.ts'
import { runNode } from '../support/world/shards.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const mutate = `${root}test/support/mutations/mutate.ts`
const histories = '600'
const races = '200'
const seed = '5'

test('every mutation finds the one place that it changes', () => {
  const places = mutations.map(({ rule, file, from }) => {
    return [rule, readFileSync(root + file, 'utf8').split(from).length - 1] as const
  })
  assert.deepEqual(
    places.filter(([, count]) => count !== 1),
    [],
  )
})

describe('each rule matters: without it a proof fails', {
  concurrency: availableParallelism(),
}, () => {
  for (const mutation of sample(mutations)) {
    test(mutation.rule, { timeout: 60_000 }, async (t) => {
      const env = { QUAYSIDE_MUTATION: mutation.rule, NODE_TEST_CONTEXT: '' }
      const { code, output } = await runNode(['--import', mutate, ...programOf(mutation)], env, t.signal)
      assert.match(output, /^mutated: /m, output)
      assert.notEqual(code, 0, `${mutation.proof} holds without the rule`)
      assert.match(output, /AssertionError|ERR_ASSERTION/, output)
    })
  }
})

/** All of them in full; else each fifth, so that every part of the list is there. */
function sample<T>(all: readonly T[]): readonly T[] {
  return isFull ? all : all.filter((_, at) => at % 5 === 0)
}

function programOf({ proof }: Mutation): readonly string[] {
  if (proof.startsWith('test/')) return ['--test', '--test-isolation=none', root + proof]
  if (proof === 'races' || proof === 'rollback' || proof === 'accidents')
    return [`${root}test/support/races/prove.ts`, proof, races, seed]
  return [`${root}test/support/world/prove.ts`, proof, histories, seed, 'first']
}
