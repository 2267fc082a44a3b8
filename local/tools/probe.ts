import { access, constants } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { capabilityOf, parseNginxVersion } from '../../core/host/nginx-version.ts'
import { runCommand } from './command.ts'
import type { NginxTool, Tool } from './tool.ts'

/** A program at a path that answered with a version, or the reason why it didn't. */
export type Probed<T> = { readonly tool: T } | { readonly reason: string }

/** Runs `consul version`. */
export async function probeConsul(path: string, source: string): Promise<Probed<Tool>> {
  const result = await runCommand(path, ['version'])
  const version = /^Consul v(\d+\.\d+\.\d+)/m.exec(result.stdout)?.[1]
  if (version === undefined) return { reason: reasonFor(result) }
  return { tool: { path, version, source } }
}

/** Runs `nginx -V` and looks for the stream module, built in or beside the program. */
export async function probeNginx(path: string, source: string): Promise<Probed<NginxTool>> {
  const result = await runCommand(path, ['-V'])
  const build = parseNginxBuild(result.stderr)
  if (build === undefined) return { reason: reasonFor(result) }
  const module = build.stream === 'module' ? await findStreamModule(path, build.modulesPath) : undefined
  const modules = module === undefined ? {} : { stream: module }
  const stream = build.stream === 'built-in' || module !== undefined
  return { tool: { path, version: build.version, source, modules, stream } }
}

/** As `probeNginx`, for an nginx that can resolve the servers of upstreams. */
export async function probeNewNginx(path: string, source: string): Promise<Probed<NginxTool>> {
  const probed = await probeNginx(path, source)
  if ('reason' in probed) return probed
  const version = parseNginxVersion(`nginx/${probed.tool.version}`)
  if (version !== null && capabilityOf(version).resolve) return probed
  return { reason: `its version ${probed.tool.version} is below 1.27.3` }
}

export interface NginxBuild {
  readonly version: string
  readonly stream: 'built-in' | 'module' | 'none'
  readonly modulesPath: string
}

/** Reads `nginx -V`. "--with-stream" alone means built in; "=dynamic" a module that may or may not be installed. */
export function parseNginxBuild(text: string): NginxBuild | undefined {
  const version = /^nginx version: [^/\n]+\/(\d+\.\d+\.\d+)/m.exec(text)?.[1]
  if (version === undefined) return undefined
  const args = text.split(/\s+/)
  const stream = args.includes('--with-stream')
    ? 'built-in'
    : args.includes('--with-stream=dynamic')
      ? 'module'
      : 'none'
  const modulesPath = args.find((arg) => arg.startsWith('--modules-path='))?.slice('--modules-path='.length)
  return { version, stream, modulesPath: modulesPath ?? '/usr/lib/nginx/modules' }
}

/** An unpacked nginx has its modules under its own folder; one of the system where it was built to look for them. */
async function findStreamModule(path: string, modulesPath: string): Promise<string | undefined> {
  const unpacked = join(dirname(path), '..', modulesPath, 'ngx_stream_module.so')
  const installed = join(modulesPath, 'ngx_stream_module.so')
  for (const candidate of [unpacked, installed]) {
    const found = await access(candidate, constants.R_OK).then(
      () => true,
      () => false,
    )
    if (found) return candidate
  }
  return undefined
}

function reasonFor({ stdout, stderr }: { stdout: string; stderr: string }): string {
  const line = `${stderr}\n${stdout}`.split('\n').find((text) => /\S/.test(text))
  return (line ?? 'it printed no version').trim().slice(0, 300)
}
