import { childrenOf, findProcess } from '../../adapters/process-table.ts'
import { explain } from '../../core/errors.ts'
import { readPublicKeys } from '../../core/release/verify-pointer.ts'
import { fetchChannel } from '../fetch-channel.ts'
import { findMaster, readCapability, testConfiguration } from '../nginx.ts'
import { readAgentSettings } from '../settings.ts'
import type { Command } from './command.ts'

export const check: Command = {
  name: 'check',
  summary: 'looks at settings, key, bucket and nginx, and changes nothing',
  async run(_args, terminal) {
    const settings = readAgentSettings(terminal)
    const { nginx, publicKeys, mode } = settings
    const checks: readonly [string, () => Promise<string>][] = [
      ['settings', async () => `mode ${mode}, state in ${settings.stateDir}`],
      ['key', async () => (publicKeys.length === 0 ? 'none: unsigned is allowed' : keysOf(publicKeys))],
      ['channel', () => fetchChannel(settings, terminal.env)],
      ['nginx', async () => `version ${(await readCapability(nginx.binary)).version}`],
      ['nginx -t', async () => passed(await testConfiguration(nginx, nginx.mainConf))],
      ['process', async () => running(await findMaster(nginx, { childrenOf, findProcess }))],
    ]
    let code: 0 | 1 = 0
    for (const [name, look] of checks) {
      const text = await look().catch((error: unknown) => {
        code = 1
        return `FAILED: ${explain(error)}`
      })
      terminal.out(`${`${name}:`.padEnd(12)}${text}`)
    }
    return code
  },
}

function keysOf(pems: readonly string[]): string {
  return readPublicKeys(pems)
    .map(({ id }) => id)
    .join(', ')
}

function passed(problem: string | null): string {
  if (problem === null) return 'passed'
  throw new Error(problem)
}

function running(master: { readonly pid: number } | null): string {
  if (master !== null) return `master ${master.pid}`
  throw new Error('nginx is not running')
}
