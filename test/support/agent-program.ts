import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AgentHost } from './agent-host.ts'

const program = new URL('../../agent/main.ts', import.meta.url).pathname

export type Ran = { readonly code: number; readonly out: string; readonly err: string }

export type AgentProgram = {
  /** The environment in which every command of this host runs. */
  readonly env: NodeJS.ProcessEnv
  /** Starts a command, as a service does. */
  start(...args: readonly string[]): ChildProcess
  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Ran>
}

/** The agent as a program with a settings file, for a host whose own agent isn't started. */
export async function agentProgram(
  t: TestContext,
  { settings, nginx, channel, s3 }: AgentHost,
  over: Readonly<Record<string, unknown>> = {},
): Promise<AgentProgram> {
  const [file, key] = [join(nginx.prefix, 'agent.json'), join(nginx.prefix, 'key.pem')]
  const { bucket, region, deployment, stateDir, entries, control, hostId } = settings
  await writeFile(key, channel.publicKey)
  const members = {
    ...{ bucket, region, deployment, stateDir, hostId, publicKeyFiles: [key], pollMs: 100 },
    ...{ httpEntry: entries.http, streamEntry: entries.stream, stream: entries.stream !== null },
    ...{ nginxBinary: settings.nginx.binary, nginxConf: nginx.mainConf, nginxPrefix: nginx.prefix },
    ...{ nginxPid: nginx.pidFile, nginxErrorLog: nginx.errorLog, statusPort: null },
    ...{ controlPort: control.http, streamControlPort: control.stream ?? 1 },
    ...over,
  }
  await writeFile(file, JSON.stringify(members))
  const aws = { AWS_ENDPOINT_URL_S3: s3.url, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' }
  const env = { ...process.env, ...aws, QUAYSIDE_AGENT_SETTINGS: file }
  const start = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const run = async (...args: readonly string[]) => {
    const child = start(...args)
    const [out, err] = [textOf(child.stdout), textOf(child.stderr)]
    const [code] = (await once(child, 'close')) as [number]
    return { code, out: out(), err: err() }
  }
  return { env, start, run }
}

/** Collects what a stream says; the function gives it so far. */
export function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.on('data', (part) => {
    text += String(part)
  })
  return () => text
}
