import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { childrenOf } from '../../adapters/process-table.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { Child } from '../processes/child.ts'
import type { Processes } from '../processes/processes.ts'
import { waitUntilReady } from '../processes/wait-until.ts'
import type { NginxTool } from '../tools/tool.ts'
import { errorLogOf, mainConfig } from './main-config.ts'

export interface NginxOptions {
  readonly nginx: NginxTool
  readonly processes: Pick<Processes, 'start' | 'temporaryFolder'>
  /** The folder of this nginx; a temporary one by default. What is in it already is kept, entry files included. */
  readonly prefix?: string
  /** The folder of the entry files; `<prefix>/entries` by default. */
  readonly entryFolder?: string
  readonly workers?: number
  readonly connections?: number
  /** How messages call it, when there are several. */
  readonly name?: string
}

/** A running nginx host. It listens on what its entry files say, and on nothing else. */
export interface Nginx {
  /** The master's. */
  readonly pid: number
  readonly prefix: string
  readonly mainConf: string
  readonly pidFile: string
  /** The files that the main configuration includes, one per context; no `stream` where nginx has no stream module. */
  readonly entries: { readonly http: string; readonly stream?: string }
  readonly errorLog: string
  /** Asks the master to load the configuration again; returns before it has. */
  hup(): void
  /** Lets requests end first (SIGQUIT); connections that stay open are cut after 10 s. */
  quit(): Promise<void>
  stop(): Promise<void>
  /** Stops it if it runs, and starts it with the files as they are now. */
  restart(): Promise<void>
  /** Ends master and workers without warning. */
  kill(): Promise<void>
  running(): boolean
}

/**
 * Starts one nginx as the current user and waits until its workers run. Throws PORT_TAKEN when an entry file listens on a port in use,
 * and HOST_TEST_FAILED with nginx's own words for any other configuration that it refuses.
 */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const { processes, workers = 2, connections = 512, name = 'nginx', nginx } = options
  const prefix = options.prefix ?? (await processes.temporaryFolder(name))
  const entries = entryFiles(options.entryFolder ?? join(prefix, 'entries'), nginx.stream)
  const streamModule = nginx.modules.stream === undefined ? {} : { streamModule: nginx.modules.stream }
  const files = { prefix, entries, mainConf: join(prefix, 'nginx.conf'), pidFile: join(prefix, 'nginx.pid') }
  await prepareFolders(prefix, files.entries)
  await writeFile(files.mainConf, mainConfig({ prefix, entries, workers, connections, ...streamModule }))
  const start = () => launch(options, { ...files, workers, name })
  return control(await start(), start, files)
}

function entryFiles(folder: string, stream: boolean): { http: string; stream?: string } {
  const http = join(folder, 'quayside.http.conf')
  return stream ? { http, stream: join(folder, 'quayside.stream.conf') } : { http }
}

/** An entry file that isn't there yet is created empty, which is valid: nginx then runs and serves nothing. */
async function prepareFolders(prefix: string, entries: { http: string; stream?: string }): Promise<void> {
  for (const folder of ['logs', 'temp']) await mkdir(join(prefix, folder), { recursive: true })
  for (const file of Object.values(entries)) {
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, '', { flag: 'a' })
  }
}

function launch(
  { nginx, processes }: NginxOptions,
  host: { prefix: string; mainConf: string; pidFile: string; workers: number; name: string },
): Promise<Child> {
  const workersRun = async (child: Child) => {
    const pid = Number(await readFile(host.pidFile, 'utf8'))
    const workers = (await childrenOf(child.pid)).filter(({ title }) => /worker process$/.test(title))
    return pid === child.pid && workers.length >= host.workers ? true : undefined
  }
  return processes.start({
    name: host.name,
    command: nginx.path,
    args: ['-p', host.prefix, '-c', host.mainConf, ...earlyLog(nginx.version, host.prefix)],
    graceMs: 10_000,
    ready: (child) =>
      waitUntilReady(child, () => workersRun(child), { what: `The start of ${host.name}` }).catch(
        async (error) => Promise.reject(await explainStart(error, host.prefix, child)),
      ),
  })
}

/** Before it has read its configuration nginx logs to a path that was compiled in; since 1.19.5 that can be changed. */
function earlyLog(version: string, prefix: string): string[] {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const known = major > 1 || minor > 19 || (minor === 19 && patch >= 5)
  return known ? ['-e', errorLogOf(prefix)] : []
}

async function explainStart(error: unknown, prefix: string, child: Child): Promise<unknown> {
  const log = await readFile(errorLogOf(prefix), 'utf8').catch(() => '')
  const fatal = [...child.output(), ...log.split('\n').slice(-20)].filter((line) => line.includes('[emerg]'))
  const port = fatal.map((line) => /bind\(\) to \S*:(\d+) failed \(\d+: (.*?)\)/.exec(line)).find(Boolean)
  if (port?.[1] !== undefined) {
    const advice = 'Stop the process that uses it, or choose another port.'
    return new QuaysideError('PORT_TAKEN', `nginx can't listen on port ${port[1]}: ${port[2]}. ${advice}`)
  }
  const [first] = fatal
  return first === undefined ? error : new QuaysideError('HOST_TEST_FAILED', `nginx did not start: ${first}`)
}

function control(
  first: Child,
  start: () => Promise<Child>,
  files: Pick<Nginx, 'prefix' | 'entries' | 'mainConf' | 'pidFile'>,
): Nginx {
  let child = first
  return {
    ...files,
    get pid() {
      return child.pid
    },
    errorLog: errorLogOf(files.prefix),
    hup: () => void child.signal('SIGHUP'),
    quit: async () => void (await child.stop('SIGQUIT')),
    stop: async () => void (await child.stop()),
    restart: async () => {
      await child.stop()
      child = await start()
    },
    kill: async () => {
      child.kill()
      await child.exited
    },
    running: () => child.exit() === undefined,
  }
}
