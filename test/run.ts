import { type ChildProcess, spawn } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { explain } from '../core/errors.ts'
import { ensureTools } from '../local/tools/ensure-tools.ts'

/**
 * The one way to run the tests: checks style and types, makes sure that the real programs are there, and runs the test files.
 * `--full` runs every property with its full counts. Other arguments choose files: a path or a part of one ("test/core", "process-table").
 */
const root = join(import.meta.dirname, '..')
const full = process.argv.includes('--full')
const filters = process.argv.slice(2).filter((argument) => argument !== '--full')
/** Beyond this something hangs. The full counts take longer, but not without end. */
const limitMinutes = full ? 60 : 10

process.exitCode = await main().catch((error) => {
  console.error(explain(error))
  return 1
})

async function main(): Promise<number> {
  const files = testFiles()
  if (files.length === 0) {
    console.error(`No test file matches ${filters.join(' ')}; test files are test/**/*.test.ts.`)
    return 1
  }
  const [style, types] = await Promise.all([
    run(bin('biome'), ['ci', '.']),
    run(bin('tsc'), ['--noEmit', '--pretty']),
  ])
  if (style !== 0 || types !== 0) {
    console.error(style === 0 ? 'The types do not fit.' : 'The style check failed: npm run format mends most of it.')
    return 1
  }
  const { consul, nginx } = await ensureTools({ log: (line) => console.log(line) })
  console.log(`consul ${consul.version} (${consul.source}), nginx ${nginx.version} (${nginx.source})`)
  return run(process.execPath, [...testOptions(), ...files], { CONSUL_BIN: consul.path, NGINX_BIN: nginx.path })
}

function testFiles(): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).sort()
  const wanted = filters.map((filter) => relative(root, filter.startsWith('/') ? filter : join(root, filter)))
  return filters.length === 0 ? all : all.filter((file) => wanted.some((part) => file.includes(part)))
}

/** Most files wait for processes and timers rather than compute, so two more than the cores keep them busy. */
function testOptions(): string[] {
  return ['--test', '--test-reporter=spec', '--test-concurrency=4', '--test-timeout=120000']
}
