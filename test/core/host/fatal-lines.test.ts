import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeLines, fatalLine } from '../../../core/host/fatal-lines.ts'

const at = '2026/11/20 10:00:00'
const cases: [string, string, boolean][] = [
  ['an emerg line of the master', `${at} [emerg] 7#7: limit_req "a" uses the "$b" key`, true],
  [
    'one failed bind, which is tried again',
    `${at} [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: in use)`,
    false,
  ],
  ['the last failed bind', `${at} [emerg] 7#7: still could not bind()`, true],
  [
    'a worker that dies at its start',
    `${at} [alert] 7#7: worker process 9 exited with fatal code 2 and cannot be respawned`,
    true,
  ],
  ['a Lua init error', `${at} [error] 7#7: init_by_lua error: boom`, true],
  ['a crit line, which comes from traffic', `${at} [crit] 7#7: *1 SSL_do_handshake() failed`, false],
  ["another process's test of its own configuration", `${at} [emerg] 8#8: unknown directive "x"`, false],
  ['a notice', `${at} [notice] 7#7: signal process started`, false],
]
for (const [name, line, fatal] of cases)
  test(`${name} is ${fatal ? '' : 'not '}fatal`, () =>
    assert.equal(fatalLine(`${line}\n`, 7) !== null, fatal))

test('the first fatal line is told in nginx’s words', () => {
  const text = `${at} [notice] 7#7: reconfiguring\n${at} [emerg] 7#7: first\n${at} [emerg] 7#7: second\n`
  assert.equal(fatalLine(text, 7), 'nginx: [emerg] first')
})

test('a line that is still being written is left for the next time', () => {
  const { text, length } = completeLines(Buffer.from('whole\nhal'))
  assert.equal(text, 'whole\n')
  assert.equal(length, 6)
})
