import { readFileSync } from 'node:fs'
import { createLog } from '../adapters/log.ts'
import { explain } from '../core/errors.ts'
import { createAgent } from './agent.ts'
import { install } from './install.ts'
import { readAgentSettings } from './settings.ts'

const { env, argv } = process
const clocks = { now: () => Date.now(), elapsed: () => performance.now(), random: () => Math.random() }

try {
  const settings = readAgentSettings({ env, readFile: (path) => readFileSync(path, 'utf8') })
  if (argv[2] === 'install') console.log((await install(settings)).join('\n'))
  else {
    const agent = createAgent(settings, { env, log: createLog(), ...clocks })
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void agent.stop())
    agent.start()
  }
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}
