import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorCodes } from '../core/errors.ts'
import { routeWords, serviceWords } from '../core/route/keys.ts'
import { usage } from '../local/options.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}

function matches(pattern: RegExp): string[] {
  return [...new Set([...readme.matchAll(pattern)].map(([, found = '']) => found))]
}

test('every link of the README leads to a file', () => {
  const links = matches(/\]\(([^)#:]+)\)/g)
  assert.ok(links.length > 20)
  const dead = links.filter((link) => !existsSync(join(root, link)))
  assert.deepEqual(dead, [])
})

test('every npm script that the README names exists', () => {
  const named = matches(/`?npm run (?:-s )?([a-z:]+)/g)
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  )
})

test('the README names every option of npm start, and no other', () => {
  const options = [...usage.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option)
  const line = readme.split('\n').find((text) => text.startsWith('**The one-machine pipeline**')) ?? ''
  const named = [...line.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option)
  assert.deepEqual([...new Set(named)].sort(), [...new Set(options)].sort())
})

test('the README names every label that a service can have', () => {
  // A service's `enable` and `port` are for the few who need them and are told of by the renderer's messages.
  const rare: readonly string[] = ['enable', 'port']
  const words = [...routeWords, ...serviceWords].filter((word) => !rare.includes(word))
  assert.deepEqual(
    words.filter((word) => !readme.includes(`nginx.${word}`) && !readme.includes(`\`${word}\``)),
    [],
  )
})

/** Variables that name a program, beside the codes of errors that begin alike. */
const programs = ['CONSUL_BIN', 'CONSUL_TEMPLATE']

test('every error code that the README names exists', () => {
  const codes = matches(/`([A-Z]+_[A-Z_]+)`/g).filter((code) => /^(CONSUL|HOST|AWS|RELEASE|TASK)_/.test(code))
  assert.deepEqual(
    codes.filter((code) => !(code in errorCodes) && !programs.includes(code)),
    [],
  )
})

test('the test command is the same in the README and in CI', () => {
  const ci = readFileSync(join(root, '.ci/run'), 'utf8')
  for (const text of [readme, ci]) assert.match(text, /^npm ci && npm test$/m)
})
