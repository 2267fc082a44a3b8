import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aptConfig, aptSourceLine, reasonOf } from '../../../local/tools/apt.ts'

test('the source is bound to one architecture and to the keys of the distribution', () => {
  const set = { suite: 'bullseye', components: ['main', 'universe'], packages: ['consul'] }
  const line = aptSourceLine({
    mirror: 'http://m.test/debian/',
    set,
    keyring: '/k.gpg',
    architecture: 'arm64',
  })
  assert.equal(line, 'deb [arch=arm64 signed-by=/k.gpg] http://m.test/debian/ bullseye main universe')
})

test('the configuration never weakens signature checks and keeps state in its folder', () => {
  const config = aptConfig('/tmp/a "quoted" folder')
  assert.match(config, /^APT::Get::AllowUnauthenticated "false";$/m)
  assert.match(config, /^Acquire::AllowInsecureRepositories "false";$/m)
  for (const key of ['Dir::State::lists', 'Dir::Cache', 'Dir::Etc::sourcelist']) {
    assert.match(config, new RegExp(`^${key} "/tmp/a \\\\"quoted\\\\" folder/`, 'm'))
  }
})

const reasons: [string, string, string][] = [
  ["apt's own errors are kept, without its warnings", 'W: old\nE: Failed\nE: Twice\n', 'E: Failed E: Twice'],
  ['without an error line the last lines are kept', 'one\n\ntwo\n', 'one two'],
  ['credentials in an address are left out', 'E: http://me:secret@m.test/x 404', 'E: http://m.test/x 404'],
]
for (const [rule, stderr, expected] of reasons) {
  test(`in a failure, ${rule}`, () => assert.equal(reasonOf(stderr), expected))
}
