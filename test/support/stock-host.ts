import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import { childrenOf } from '../../adapters/process-table.ts'
import { waitUntilReady } from '../../local/processes/wait-until.ts'
import type { NginxTool } from '../../local/tools/tool.ts'
import { bundleAgent } from '../../packaging/bundle.ts'
import { unitFile } from '../../packaging/contents.ts'
import type { Ran } from './command-line.ts'
import { freePort } from './ports.ts'
import { type StockLayout, stockFiles } from './stock-layouts.ts'
import { tempDir } from './tmp.ts'
import { testProcesses, testTools } from './tools.ts'

export type StockNginx = {
  readonly pid: number
  hup(): void
  /** The workers that accept connections. */
  workers(): Promise<readonly number[]>
}

export type StockHost = {
  /** Everything of this host lies under it. */
  readonly root: string
  /** Where the stock site listens. */
  readonly port: number
  readonly mainConf: string
  readonly settingsFile: string
  readonly unitDir: string
  readonly stateDir: string
  readonly pidFile: string
  readonly errorLog: string
  readonly nginx: NginxTool
  path(name: string): string
  read(name: string): Promise<string>
  write(name: string, text: string): Promise<void>
  /** Runs `quayside-agent` with this host's places as flags. */
  run(command: 'install' | 'uninstall', ...args: string[]): Promise<Ran>
  /** The program that `run` runs. */
  program(): Promise<string>
  /** Every file under etc with its text. */
  etc(): Promise<Readonly<Record<string, string>>>
  /** Starts nginx with the configuration as it is. */
  start(): Promise<StockNginx>
}

let program: Promise<string> | undefined

/** The program as packages bring it, with its unit beside it: what starts fast, and what hosts run. Built once in a process. */
async function bundledProgram(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'quayside-bundle-'))
  await chmod(folder, 0o755)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'quayside-agent.service'), unitFile())
  await writeFile(join(folder, 'quayside-agent.mjs'), await bundleAgent())
  return join(folder, 'quayside-agent.mjs')
}

/** A machine of its own under a temporary folder, with the files that a distribution's nginx package brings. */
export async function stockHost(
  t: TestContext,
  layout: StockLayout,
  { nginx, stream = true }: { readonly nginx?: NginxTool; readonly stream?: boolean } = {},
): Promise<StockHost> {
  const tool = nginx ?? (await testTools()).nginx
  const root = tempDir(t)
  const port = await freePort()
  const path = (name: string) => join(root, name)
  const write = async (name: string, text: string) => {
    await mkdir(dirname(path(name)), { recursive: true })
    await writeFile(path(name), text)
  }
  const streamModule = stream ? (tool.modules.stream ?? null) : null
  for (const folder of ['run', 'tmp', 'var/log/nginx', 'etc/systemd/system', 'etc/nginx/conf.d'])
    await mkdir(path(folder), { recursive: true })
  const files = stockFiles(layout, { root, port, streamModule })
  for (const [name, text] of Object.entries(files)) await write(name, text)
  // Packages compile these folders in, and only root may use them there.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await write(
    'etc/nginx/conf.d/00-folders.conf',
    temporary.map((name) => `${name}_temp_path ${path('tmp')}/${name};\n`).join(''),
  )
  const host = {
    ...{ root, port, nginx: tool, path, write },
    mainConf: path('etc/nginx/nginx.conf'),
    settingsFile: path('etc/quayside/agent.json'),
    unitDir: path('etc/systemd/system'),
    stateDir: path('var/lib/quayside'),
    pidFile: path('run/nginx.pid'),
    errorLog: path('var/log/nginx/error.log'),
  }
  return {
    ...host,
    read: (name) => readFile(path(name), 'utf8'),
    run: (command, ...args) =>
      runAgent([command, '--settings', host.settingsFile, ...flags(host, command), ...args]),
    program: agentProgram,
    etc: () => texts(path('etc')),
    start: () => start(t, host),
  }
}

function flags(
  host: Pick<StockHost, 'unitDir' | 'stateDir' | 'mainConf' | 'nginx'>,
  command: string,
): string[] {
  if (command === 'uninstall') return []
  const { unitDir, stateDir, mainConf, nginx } = host
  return ['--unitDir', unitDir, '--stateDir', stateDir, '--nginxConf', mainConf, '--nginxBinary', nginx.path]
}

function agentProgram(): Promise<string> {
  program ??= bundledProgram()
  return program
}

async function runAgent(args: readonly string[]): Promise<Ran> {
  const path = await agentProgram()
  return new Promise((resolve) => {
    execFile(process.execPath, [path, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

async function texts(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true })
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      return (await stat(path)).isFile()
        ? [[relative(folder, path), await readFile(path, 'utf8')] as const]
        : []
    }),
  )
  return Object.fromEntries(files.flat().sort())
}

async function start(
  t: TestContext,
  { nginx, mainConf, pidFile }: Pick<StockHost, 'nginx' | 'mainConf' | 'pidFile'>,
): Promise<StockNginx> {
  const processes = await testProcesses(t)
  const child = await processes.start({
    name: 'nginx',
    command: nginx.path,
    args: ['-c', mainConf, '-g', 'daemon off;'],
    graceMs: 10_000,
    ready: (one) =>
      waitUntilReady(
        one,
        async () =>
          (await workersOf(one.pid)).length > 0 && Number(await readFile(pidFile, 'utf8')) === one.pid
            ? true
            : undefined,
        { what: 'The start of nginx' },
      ),
  })
  const { pid } = child
  return { pid, hup: () => void child.signal('SIGHUP'), workers: () => workersOf(pid) }
}

async function workersOf(master: number): Promise<readonly number[]> {
  const children = await childrenOf(master)
  return children.filter(({ title }) => title === 'nginx: worker process').map(({ pid }) => pid)
}
