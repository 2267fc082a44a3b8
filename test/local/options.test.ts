import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuaysideError } from '../../core/errors.ts'
import { parseOptions } from '../../local/options.ts'

const refused: readonly [readonly string[], RegExp][] = [
  [['--poll', 'soon'], /--poll must be a duration from 20ms to 600s.*"soon"/],
  [['--poll', '5ms'], /--poll/],
  [['--grace', '-1'], /--grace/],
  [['--port', '99999'], /--port must be a whole number from 0 to 65000 \(got "99999"\)/],
  [['--script', 'dmeo'], /--script must be demo \(got "dmeo"\)/],
  [['--consul-address', 'localhost:8500'], /--consul-address must be like http:.*"localhost:8500"/],
  [['--colour'], /--colour[\s\S]*Usage/],
]

for (const [args, message] of refused) {
  test(`${args.join(' ')} is refused by name and value`, () => {
    const isRefusal = (error: unknown) =>
      error instanceof QuaysideError && error.code === 'SETTINGS_INVALID' && message.test(error.message)
    assert.throws(() => parseOptions(args), isRefusal)
  })
}

test('a person gets the fixed port 8080 and a script gets free ones', () => {
  const [person, script] = [parseOptions([]), parseOptions(['--script', 'demo'])]
  assert.ok(person !== 'help' && script !== 'help')
  assert.deepEqual([person.port, script.port], [8080, 0])
})

test('durations are read in milliseconds and in seconds', () => {
  for (const [text, ms] of [
    ['100ms', 100],
    ['1s', 1_000],
    ['2.5s', 2_500],
  ] as const) {
    const options = parseOptions(['--poll', text])
    assert.ok(options !== 'help')
    assert.equal(options.pollMs, ms)
  }
})
