import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../../adapters/process-table.ts'
import { explain, QuaysideError } from '../../core/errors.ts'
import { mirrorsOf, readAptSources } from './apt-sources.ts'
import { findTool, isComplete, type Places } from './find-tool.ts'
import { withFolderLock } from './folder-lock.ts'
import { installHint } from './install-hint.ts'
import { type OsRelease, readOsRelease } from './os-release.ts'
import { planUnpack, type UnpackPlan } from './plan.ts'
import { type Probed, probeConsul, probeNewNginx, probeNginx } from './probe.ts'
import { type Log, type NginxTool, type Tool, type ToolName, type Tools, variables } from './tool.ts'
import { unpackTool } from './unpack.ts'

export interface EnsureToolsOptions {
  readonly log: Log
  readonly env?: NodeJS.ProcessEnv
  /** Where programs are unpacked to; by default `.tools/` in the project. */
  readonly folder?: string
}

type Probe<T> = (path: string, source: string) => Promise<Probed<T>>

interface Machine extends Places {
  readonly os: OsRelease | undefined
  readonly plan: UnpackPlan | undefined
  readonly log: Log
}

/**
 * Consul and nginx, ready to run: named by CONSUL_BIN / NGINX_BIN, or on PATH (with the sbin folders), or unpacked earlier, or unpacked now
 * from the distribution's packages. Throws one BINARY_MISSING with every command to run when a program can't be had.
 */
export async function ensureTools(options: EnsureToolsOptions): Promise<Tools> {
  const machine = await describeMachine(options)
  const consul = await ensureTool('consul', probeConsul, machine)
  const nginx = await ensureTool('nginx', probeNginx, machine)
  if ('tool' in consul && 'tool' in nginx) return { consul: consul.tool, nginx: nginx.tool }
  const failed = { ...('reason' in consul ? { consul } : {}), ...('reason' in nginx ? { nginx } : {}) }
  const missing = (['consul', 'nginx'] as const).filter((name) => name in failed)
  const reasons = [...new Set(Object.values(failed).map(({ reason }) => reason.replace(/\.$/, '')))].join(
    '; ',
  )
  const about = { platform: process.platform, os: machine.os }
  throw new QuaysideError('BINARY_MISSING', installHint(missing, about, reasons))
}

/** An nginx ≥ 1.27.3, found and unpacked as the others are; NGINX_NEW_BIN names one. Throws BINARY_MISSING. */
export async function ensureNewNginx(options: EnsureToolsOptions): Promise<NginxTool> {
  const machine = await describeMachine(options)
  const found = await ensureTool('newer-nginx', probeNewNginx, machine)
  if ('tool' in found) return found.tool
  const about = { platform: process.platform, os: machine.os }
  throw new QuaysideError('BINARY_MISSING', installHint(['newer-nginx'], about, found.reason))
}

async function describeMachine(options: EnsureToolsOptions): Promise<Machine> {
  const { log, env = process.env, folder = join(import.meta.dirname, '..', '..', '.tools') } = options
  const os = process.platform === 'linux' ? await readOsRelease() : undefined
  const plan = planUnpack(os)
  const label = plan?.label ?? (os?.id || process.platform)
  // The checkout may be shared by machines (a container's bind mount), so each release and architecture has its own folder.
  return { os, plan, log, env, unpacked: join(folder, `${label}-${process.arch}`) }
}

/** The program, or why it can't be had here. A bad override is thrown as it is: it has its own remedy. */
async function ensureTool<T extends Tool>(
  name: ToolName,
  probe: Probe<T>,
  machine: Machine,
): Promise<Probed<T>> {
  const found = await findTool(name, probe, machine)
  const named = found?.source === variables[name]
  if (found !== undefined && (named || isComplete(found))) return { tool: found }
  return unpackOnce(name, probe, machine).then(
    (tool) => ({ tool }),
    (error) => (found === undefined ? { reason: explain(error) } : { tool: found }),
  )
}

/** Only one process of the machine unpacks; those that waited find its result. */
async function unpackOnce<T extends Tool>(name: ToolName, probe: Probe<T>, machine: Machine): Promise<T> {
  const { plan, unpacked, log } = machine
  if (plan === undefined)
    throw new Error('not on PATH, and unpacking packages is supported on Debian and Ubuntu only')
  await mkdir(unpacked, { recursive: true })
  return withFolderLock(join(unpacked, '.lock'), async () => {
    const found = await findTool(name, probe, machine)
    if (found !== undefined && isComplete(found)) return found
    await removeAbandoned(unpacked)
    const mirrors = mirrorsOf(await readAptSources(), plan.releases)
    await unpackTool(name, join(unpacked, name), { plan, mirrors, log })
    const tool = await findTool(name, probe, machine)
    if (tool === undefined) throw new Error(`the unpacked program in ${join(unpacked, name)} does not run`)
    log(`${name}: version ${tool.version} is ready`)
    return tool
  })
}

/** What a killed process left behind; its pid is the end of the name. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /\.partial-(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !(await isAlive(Number(pid)))) {
      await rm(join(folder, name), { recursive: true, force: true })
    }
  }
}
