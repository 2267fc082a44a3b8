import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** A watcher that stops the listed processes and removes a folder when this process ends without having done so. */
export interface Guard {
  add(pid: number): void
  remove(pid: number): void
  /** Ends the watcher; fulfilled when it has gone, which is after it stopped whatever was still listed. */
  close(): Promise<void>
}

/** Starts the watcher: a small shell script, in a session of its own so that signals to this process's group don't reach it. */
export function startGuard(folder: string): Guard {
  const script = join(import.meta.dirname, 'guard.sh')
  const watcher = spawn('/bin/sh', [script, folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const gone = new Promise<void>((resolve) => {
    watcher.once('exit', () => resolve())
    watcher.once('error', () => resolve())
  })
  // A watcher that died early must not take its parent along by a broken pipe.
  watcher.stdin.on('error', () => {})
  watcher.unref()
  const write = (word: string, pid: number) => void watcher.stdin.write(`${word} ${pid}\n`)
  return {
    add: (pid) => write('start', pid),
    remove: (pid) => write('end', pid),
    close: () => {
      watcher.ref()
      watcher.stdin.end()
      return gone
    },
  }
}
