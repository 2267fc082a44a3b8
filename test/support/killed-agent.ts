import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { readEntries } from '../../agent/entries.ts'
import type { AgentHost } from './agent-host.ts'

/** When an agent is killed: at a reading of its clock, or so many milliseconds after it began. */
export type Moment = { readonly reading: number } | { readonly afterMs: number }

/** Runs an agent of the host in a process of its own until it is killed. */
export async function runUntilKilled(t: TestContext, host: AgentHost, moment: Moment): Promise<void> {
  const program = new URL('agent-process.ts', import.meta.url).pathname
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL_S3: host.s3.url,
    AWS_ACCESS_KEY_ID: 'AKIDTEST',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
    TEST_AGENT_SETTINGS: JSON.stringify(host.settings),
    TEST_KILL_AT: 'reading' in moment ? String(moment.reading) : '',
  }
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  t.after(kill)
  const ended = once(child, 'exit')
  child.stdout.once('data', () => {
    // A clock that is read less often than that belongs to an agent with nothing left to do.
    setTimeout(kill, 'afterMs' in moment ? moment.afterMs : 1_500)
  })
  await ended
}

/** What is wrong with the files that nginx would start with; null where they are whole and `nginx -t` accepts them. */
export async function brokenFiles({ settings }: AgentHost): Promise<string | null> {
  for (const [path, text] of await readEntries(settings))
    for (const [, include = ''] of text.matchAll(/^include "?([^";]+)"?;$/gm))
      if ((await stat(include).catch(() => null)) === null)
        return `${path} includes ${include}, which is missing`
  const { binary, mainConf, prefix } = settings.nginx
  const args = ['-t', '-q', '-p', prefix ?? '', '-c', mainConf]
  return promisify(execFile)(binary, args).then(
    () => null,
    (error: Error) => error.message,
  )
}
