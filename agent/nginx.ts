import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { explain, QuaysideError } from '../core/errors.ts'
import { capabilityOf, type NginxCapability, parseNginxVersion } from '../core/host/nginx-version.ts'
import type { NginxSettings } from './settings.ts'

/** The one part of the process table that the agent reads. */
export type ProcessTable = {
  childrenOf(pid: number): Promise<readonly { readonly pid: number; readonly title: string }[]>
  findProcess(pid: number): Promise<{ readonly title: string; readonly started: string } | undefined>
}

export type Workers = { readonly accepting: readonly number[]; readonly draining: readonly number[] }

/** The master process; `started` tells it from a later process with the same pid. */
export type Master = { readonly pid: number; readonly started: string }

/** One name for each master process. */
export function nameOf({ pid, started }: Master): string {
  return `${pid} ${started}`
}

/** The running master by its pid file, or null: the file is missing or empty (a failed `nginx -t` leaves it so), or names another process. */
export async function findMaster(settings: NginxSettings, table: ProcessTable): Promise<Master | null> {
  const pid = Number((await readFile(settings.pidFile, 'utf8').catch(() => '')).trim())
  if (!Number.isSafeInteger(pid) || pid <= 1) return null
  const found = await table.findProcess(pid)
  return found?.title.startsWith('nginx: master process') ? { pid, started: found.started } : null
}

/** Whether the same process still runs, whatever has become of its pid file. */
export async function isRunning({ pid, started }: Master, table: ProcessTable): Promise<boolean> {
  return (await table.findProcess(pid))?.started === started
}

/**
 * Whether somebody is replacing nginx's binary (USR2) and the old master's workers still take connections: a reload of the new master then
 * reaches only a part of them. The old master's pid file has this name in the meantime.
 */
export async function isBeingUpgraded(settings: NginxSettings, table: ProcessTable): Promise<boolean> {
  const old = await findMaster({ ...settings, pidFile: `${settings.pidFile}.oldbin` }, table)
  return old !== null && (await workersOf(old, table)).accepting.length > 0
}

/** Workers say in their title whether they still accept; cache processes have other titles. */
export async function workersOf(master: Master, table: ProcessTable): Promise<Workers> {
  const children = await table.childrenOf(master.pid)
  const titled = (title: string) => children.filter((child) => child.title === title).map(({ pid }) => pid)
  return {
    accepting: titled('nginx: worker process'),
    draining: titled('nginx: worker process is shutting down'),
  }
}

/** Asks the master to load its configuration again. It answers nothing: whether it did has to be found out. */
export function sendReload({ pid }: Master): void {
  try {
    process.kill(pid, 'SIGHUP')
  } catch (cause) {
    const gone = (cause as NodeJS.ErrnoException).code === 'ESRCH'
    const advice = gone
      ? 'it has just ended'
      : 'run the agent as the user of the nginx master, or give it CAP_KILL'
    throw new QuaysideError('HOST_NGINX_DOWN', `could not signal nginx (pid ${pid}): ${advice}`, { cause })
  }
}

/** What `nginx -V` tells of the version and its modules. Throws BINARY_MISSING. */
export async function readCapability(binary: string): Promise<NginxCapability> {
  const { output, error } = await run(binary, ['-V'], 10_000)
  const version = parseNginxVersion(output)
  if (version !== null) return capabilityOf(version, output)
  throw new QuaysideError(
    'BINARY_MISSING',
    `"${binary} -V" reports no nginx version: ${error ?? output.slice(0, 200)}`,
  )
}

/** Runs `nginx -t` on a configuration. Resolves with its first error line, or null where the test passed. */
export async function testConfiguration(settings: NginxSettings, file: string): Promise<string | null> {
  const prefix = settings.prefix === null ? [] : ['-p', settings.prefix]
  const { output, error } = await run(settings.binary, ['-t', '-q', ...prefix, '-c', file], 60_000)
  if (error === null) return null
  const lines = output.split('\n').filter((line) => line.includes('[emerg]'))
  return (lines[0] ?? (output.trim() || error)).slice(0, 1_000)
}

function run(
  binary: string,
  args: readonly string[],
  timeout: number,
): Promise<{ output: string; error: string | null }> {
  return new Promise((resolve) => {
    execFile(binary, args, { timeout, maxBuffer: 4 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ output: `${stdout}${stderr}`, error: error === null ? null : explain(error) })
    })
  })
}
