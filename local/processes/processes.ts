import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, type ChildOptions, startChild } from './child.ts'
import { startGuard } from './guard.ts'

export interface StartOptions extends ChildOptions {
  /** Fulfilled when the program does its work; when it rejects, the program is stopped and `start` rejects with the same error. */
  readonly ready?: (child: Child) => Promise<unknown>
}

export interface ProcessesOptions {
  /** Told of a child that was ready and then ended without having been asked to. One that never got ready is `start`'s error. */
  readonly onCrash?: (child: Child) => void
}

/** Everything that this process started: its programs and its temporary folders. */
export interface Processes {
  /** Starts a program that ends with this process, also when this process is killed. */
  start(options: StartOptions): Promise<Child>
  /** A new empty folder; all are in one place, `root`, and go when everything has stopped. */
  temporaryFolder(name: string): Promise<string>
  readonly root: string
  running(): readonly Child[]
  /** Stops all children, all at the same time, and removes the temporary folders. Calling it again waits for the same end. */
  stopAll(): Promise<void>
  /** Kills all children at once; the watcher then removes the folders. For the moment when an orderly stop takes too long. */
  killAll(): void
}

/** Opens a registry of processes and folders. Close it by `stopAll`. */
export async function openProcesses(options: ProcessesOptions = {}): Promise<Processes> {
  const root = await mkdtemp(join(tmpdir(), 'quayside-'))
  const guard = startGuard(root)
  const children = new Set<Child>()
  let stopping: Promise<void> | undefined
  let folders = 0

  const start = async ({ ready, ...childOptions }: StartOptions) => {
    if (stopping !== undefined)
      throw new Error(`${childOptions.name} was not started: everything is stopping`)
    const child = await startChild(childOptions)
    const watched = watchEnd(child, (unexpected) => {
      children.delete(watched.child)
      guard.remove(child.pid)
      if (unexpected && stopping === undefined) options.onCrash?.(watched.child)
    })
    children.add(watched.child)
    guard.add(child.pid)
    // A stop that began while the program was being started has not seen it.
    if (stopping !== undefined) await child.stop()
    await ready?.(child).catch((error) => stopAndThrow(child, error))
    watched.markReady()
    return watched.child
  }

  const temporaryFolder = async (name: string) => {
    folders += 1
    const path = join(root, `${name}-${folders}`)
    await mkdir(path, { recursive: true })
    return path
  }

  const stopEverything = async () => {
    await Promise.all([...children].map((child) => child.stop()))
    await rm(root, { recursive: true, force: true, maxRetries: 5 })
    await guard.close()
  }

  return {
    start,
    temporaryFolder,
    root,
    running: () => [...children],
    stopAll: () => {
      stopping ??= stopEverything()
      return stopping
    },
    killAll: () => {
      for (const child of children) child.kill()
    },
  }
}

async function stopAndThrow(child: Child, error: unknown): Promise<never> {
  await child.stop()
  throw error
}

/** The child, remembering whether its end was asked for. `ended` is called once; its end is unexpected if it was ready and nobody asked. */
function watchEnd(child: Child, ended: (unexpected: boolean) => void): { child: Child; markReady(): void } {
  let expected = true
  void child.exited.then(() => ended(!expected))
  const expecting = <Result>(action: () => Result): Result => {
    expected = true
    return action()
  }
  const watched: Child = {
    ...child,
    stop: (first) => expecting(() => child.stop(first)),
    kill: () => expecting(child.kill),
    signal: (signal) =>
      endingSignals.includes(signal) ? expecting(() => child.signal(signal)) : child.signal(signal),
  }
  return {
    child: watched,
    markReady: () => {
      expected = false
    },
  }
}

const endingSignals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL']
