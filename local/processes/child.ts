import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { QuaysideError } from '../../core/errors.ts'
import { followOutput } from './output-tail.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildOptions {
  /** How messages call it, for instance "consul". */
  readonly name: string
  readonly command: string
  readonly args?: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** How long `stop` waits after SIGTERM before SIGKILL; 5 s by default. */
  readonly graceMs?: number
  /** Called for every line of standard output and standard error. */
  readonly onLine?: (line: string) => void
}

/** A running program. It leads a process group of its own, so that Ctrl-C in a terminal reaches the parent alone, which then stops it in order. */
export interface Child {
  readonly name: string
  readonly pid: number
  /** The last lines that it printed. */
  output(): string[]
  /** How it ended, or undefined while it runs. */
  exit(): Exit | undefined
  /** Fulfilled when it has ended, however that came; never rejected. */
  readonly exited: Promise<Exit>
  /** Sends a signal to the program; false when it has already ended. */
  signal(signal: NodeJS.Signals): boolean
  /** Ends the program (`first`, SIGTERM by default), by force after the grace time; at once if it has already ended. */
  stop(first?: NodeJS.Signals): Promise<Exit>
  /** Ends it and its process group at once, without waiting. */
  kill(): void
}

/** Starts a program. Rejects with BINARY_MISSING when it can't be started at all. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, command, args = [], cwd, env, graceMs = 5_000, onLine } = options
  const place = { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) }
  const spawned = spawn(command, args, { ...place, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const tail = followOutput([spawned.stdout, spawned.stderr], { onLine })
  const exited = whenExited(spawned)
  const pid = await pidOf(spawned, name, command)
  const exit = () => exitOf(spawned)
  const signal = (wanted: NodeJS.Signals) => exit() === undefined && spawned.kill(wanted)
  const kill = () => killGroup(pid)
  spawned.once('exit', kill)
  const stop = (first: NodeJS.Signals = 'SIGTERM') => stopChild({ signal, kill, exited, graceMs }, first)
  return { name, pid, output: tail.lines, exit, exited, signal, stop, kill }
}

/** An error that says how a child ended and what it printed last. */
export function describeExit(child: Child): string {
  const exit = child.exit()
  const how =
    exit === undefined ? 'is still running' : `ended with ${exit.signal ?? `exit code ${exit.code ?? '?'}`}`
  const said = child.output().slice(-12).join('\n  ')
  return `${child.name} (pid ${child.pid}) ${how}; its last words:\n  ${said || '(it printed nothing)'}`
}

/** Waits for 'close' rather than 'exit', so that the last words are complete; a grandchild that holds the pipes can delay it by 1 s at most. */
function whenExited(spawned: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    const done = () => resolve({ code: spawned.exitCode, signal: spawned.signalCode })
    spawned.once('close', done)
    spawned.once('exit', () => setTimeout(done, 1_000).unref())
  })
}

function exitOf({ exitCode, signalCode }: ChildProcess): Exit | undefined {
  return exitCode === null && signalCode === null ? undefined : { code: exitCode, signal: signalCode }
}

async function pidOf(spawned: ChildProcess, name: string, command: string): Promise<number> {
  if (spawned.pid !== undefined) return spawned.pid
  const [error] = (await once(spawned, 'error').catch((thrown) => [thrown])) as [Error]
  throw new QuaysideError('BINARY_MISSING', `${name} could not be started: ${error.message} (${command})`)
}

/** A master that is killed leaves its workers behind; they are in its group, whose id is not reused while it has members. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in the group, which is what was wanted.
  }
}

async function stopChild(
  child: Pick<Child, 'signal' | 'kill' | 'exited'> & { graceMs: number },
  first: NodeJS.Signals,
): Promise<Exit> {
  child.signal(first)
  const timer = setTimeout(child.kill, child.graceMs)
  const exit = await child.exited
  clearTimeout(timer)
  return exit
}
