import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommand } from '../../../local/console/commands.ts'

test('a command is its words, however they are spaced', () => {
  assert.deepEqual(parseCommand('  scale   hello 5 '), { kind: 'scale', service: 'hello', count: 5 })
  assert.deepEqual(parseCommand('stop 7f1c'), { kind: 'stop', task: '7f1c' })
  assert.deepEqual(parseCommand('status'), { kind: 'status' })
  const words = ['explain', 'localhost/', '--consul']
  assert.deepEqual(parseCommand('quayside explain localhost/ --consul'), { kind: 'quayside', words })
})

test('an empty line is no command', () => {
  assert.equal(parseCommand('   '), null)
})

for (const [line, message] of [
  ['scael hello 5', /there is no command "scael"/],
  ['scale hello', /scale needs a number of tasks from 0 to 50 \(got ""\)/],
  ['scale hello many', /got "many"/],
  ['scale hello 51', /got "51"/],
  ['deploy', /deploy needs a service/],
] as const) {
  test(`"${line}" is refused, with the list of commands`, () => {
    assert.throws(() => parseCommand(line), message)
    assert.throws(() => parseCommand(line), /scale <service> <n>/)
  })
}
