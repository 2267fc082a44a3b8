import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'
import { explain } from '../core/errors.ts'
import { ensureNewNginx, ensureTools } from '../local/tools/ensure-tools.ts'

/**
 * The one way to run the tests: checks style and types, makes sure that the real programs are there, and runs the test files.
 * `--full` runs every property with its full count. Other arguments choose files, by a path or a part of one: `npm test -- test/core`.
 */
const root = join(import.meta.dirname, '..')
const full = process.argv.includes('--full')
const filters = process.argv.slice(2).filter((argument) => argument !== '--full')
/** Tests of data alone share a process: for each of them, one of its own would spend most of its time on starting. */
const suites = ['core', 'lib']
/** Beyond this something hangs. The full counts take longer, but not without end. */
const limitMinutes = full ? 60 : 10

process.exitCode = await main().catch((error: unknown) => {
  console.error(explain(error))
  return 1
})

async function main(): Promise<number> {
  const files = testFiles()
  if (files.length === 0) {
    console.error(`No test file matches "${filters.join(' ')}" (test files are test/**/*.test.ts).`)
    return 1
  }
  const colors = `--colors=${process.stdout.isTTY ? 'force' : 'off'}`
  const checks = [run('biome', bin('biome'), ['ci', colors, '.']), run('tsc', bin('tsc'), ['--noEmit'])]
  const [style, types] = await Promise.all(checks)
  if (style !== 0) console.error('The style check failed: "npm run format" mends most of it.')
  if (types !== 0) console.error('The type check failed.')
  if (style !== 0 || types !== 0) return 1
  const log = (line: string) => console.log(line)
  const { consul, nginx } = await ensureTools({ log })
  const newNginx = await ensureNewNginx({ log })
  const named = Object.entries({ consul, nginx, 'newer nginx': newNginx })
  log(named.map(([name, { version, source }]) => `${name} ${version} (${source})`).join(', '))
  const programs = { CONSUL_BIN: consul.path, NGINX_BIN: nginx.path, NGINX_NEW_BIN: newNginx.path }
  return run('the tests', process.execPath, [...testOptions(), ...files], programs)
}

function testFiles(): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).sort()
  const wanted = filters.map((filter) => (isAbsolute(filter) ? relative(root, filter) : filter))
  if (wanted.length > 0) return all.filter((file) => wanted.some((part) => file.includes(part)))
  const own = all.filter((file) => !suites.some((suite) => file.startsWith(join('test', suite, '/'))))
  return [...suites.map((suite) => join('test', 'suites', `${suite}.ts`)), ...own]
}

/** Most test files wait for real programs more than they compute, so a few more than the cores keep them busy. */
function testOptions(): string[] {
  const concurrency = Math.min(availableParallelism() + 1, 6)
  const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${limitMinutes * 60_000}`]
  return ['--test', '--test-reporter=spec', ...limits]
}

function bin(name: string): string {
  return join(root, 'node_modules', '.bin', name)
}

/** Runs to the end, or to the time limit, and gives the exit code. It leads its own group, so that a hanging run goes as a whole. */
async function run(
  name: string,
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  const scale = full ? { QUAYSIDE_TEST_FULL: '1' } : {}
  const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...scale, ...color, ...env },
  })
  const closing = forward(child)
  const timer = setTimeout(() => {
    console.error(`${name} did not end within ${limitMinutes} minutes and were stopped.`)
    stop(child)
  }, limitMinutes * 60_000)
  const release = stopOnSignal(child)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  release()
  // The reporter prints failures after its counts; the counts are what a reader and a machine look for at the end.
  if (code !== 0) process.stdout.write(closing())
  return code ?? 1
}

/** Passes the output on, and keeps the reporter's counts ("tests 12", "pass 12", …). */
function forward(child: ChildProcess): () => string {
  let text = ''
  child.stdout?.setEncoding('utf8')
  child.stdout?.on('data', (chunk: string) => {
    process.stdout.write(chunk)
    text += chunk
  })
  const counts = /^.{0,8}ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*\n/gmu
  return () => (text.match(counts) ?? []).slice(-8).join('')
}

function stop(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}

function stopOnSignal(child: ChildProcess): () => void {
  const end = () => stop(child)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, end)
  }
}
