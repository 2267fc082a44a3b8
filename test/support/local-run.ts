import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { listProcesses, type ProcessEntry } from '../../adapters/process-table.ts'
import { eventually } from './eventually.ts'
import { tempDir } from './tmp.ts'

export type LocalRun = {
  readonly pid: number
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Both outputs together, for messages. */
  text(): string
  say(line: string): void
  signal(signal: NodeJS.Signals): void
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | string>
  /** Everything that runs below this process now. */
  family(): Promise<readonly ProcessEntry[]>
  /**
   * Resolves when none of the given processes runs any more, nor any that names the run's temporary folder, and the folder is
   * empty. Whoever lost its parent is found by that name only.
   */
  leavesNothing(family: readonly ProcessEntry[]): Promise<void>
}

const main = join(import.meta.dirname, '../../local/main.ts')

/** `npm start -- …args` in a process of its own with a temporary folder of its own; it is killed with the test. */
export function startLocal(
  t: TestContext,
  args: readonly string[],
  { env = {}, stdin = 'pipe' }: { env?: NodeJS.ProcessEnv; stdin?: 'pipe' | 'ignore' } = {},
): LocalRun {
  const folder = tempDir(t)
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env, TMPDIR: folder },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  const exit = Promise.withResolvers<number | string>()
  child.once('close', (code, signal) => exit.resolve(code ?? signal ?? 'unknown'))
  t.after(() => {
    child.kill('SIGKILL')
  })
  const lines = { stdout: [] as string[], stderr: [] as string[] }
  for (const name of ['stdout', 'stderr'] as const) {
    const output = child[name]
    if (output !== null) createInterface({ input: output }).on('line', (line) => lines[name].push(line))
  }
  const pid = child.pid ?? 0
  return {
    ...{ pid, ...lines, ended: exit.promise },
    text: () => [...lines.stdout, ...lines.stderr].join('\n'),
    say: (line) => void child.stdin?.write(`${line}\n`),
    signal: (signal) => void child.kill(signal),
    family: async () => descendants(pid, await listProcesses()),
    async leavesNothing(family) {
      await eventually('the end of everything that was started', async () => {
        const all = await listProcesses()
        const known = new Set(family.map(({ pid, started }) => `${pid} ${started}`))
        const left = all.filter(
          ({ pid, started, title }) => known.has(`${pid} ${started}`) || title.includes(folder),
        )
        return left.length === 0 && readdirSync(folder).length === 0
      })
    },
  }
}

function descendants(pid: number, all: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const children = all.filter(({ ppid }) => ppid === pid)
  return children.flatMap((child) => [child, ...descendants(child.pid, all)])
}
