import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkReasons } from '../core/catalog/entry.ts'
import { agentMetrics } from '../core/host/agent-metrics.ts'
import { hostView } from './support/host-view.ts'

const root = join(import.meta.dirname, '..')
const manual = readFileSync(join(root, 'OPERATIONS.md'), 'utf8')

/** The first column of the table that begins with this head. */
function firstColumn(head: string): string {
  const lines = manual.slice(manual.indexOf(head)).split('\n')
  const rows = lines.slice(2, lines.indexOf(''))
  return rows.map((row) => row.split('|')[1] ?? '').join(' ')
}

function namedIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name))].sort()
}

/** Names of events that the functions write, as they stand in the source. */
function written(): readonly string[] {
  const files = globSync('functions/{register,reconcile,publish}/*.ts', { cwd: root })
  const calls = files.flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/\blog(?:\.\w+|\[[^\]]*\])\(\s*'([a-z-]+)'/g),
  ])
  return [...new Set(calls.map(([, name = '']) => name))].sort()
}

test('the manual explains every event that registering, reconciling and publishing write, and no other', () => {
  assert.ok(written().length > 20)
  assert.deepEqual(namedIn(firstColumn('| event |')), written())
})

test('the manual explains every reason of a check', () => {
  assert.deepEqual(namedIn(firstColumn('| output |')), [...checkReasons].sort())
})

test('the manual explains every metric of the agent, and no other', () => {
  const dns = { queries: 0, servfail: 0, truncated: 0, refused: 0, ignored: 0 }
  const names = agentMetrics(hostView({ dns })).map(({ name }) => name.replace('quayside_agent_', ''))
  const told = firstColumn('| metric (`quayside_agent_…`) |').matchAll(/`([a-z_]+)`/g)
  assert.deepEqual([...told].map(([, name = '']) => name).sort(), names.sort())
})

test('every link of the manual leads to a file', () => {
  const links = [...manual.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link)
  assert.deepEqual(
    links.filter((link) => !existsSync(join(root, link))),
    [],
  )
})
