import type { TestContext } from 'node:test'
import { openProcesses, type Processes } from '../../local/processes/processes.ts'
import { ensureTools } from '../../local/tools/ensure-tools.ts'
import type { Tools } from '../../local/tools/tool.ts'

let tools: Promise<Tools> | undefined

/** The real programs. The test runner has named them by CONSUL_BIN and NGINX_BIN; a single test file finds them itself. A missing one fails the test. */
export function testTools(): Promise<Tools> {
  tools ??= ensureTools({ log: (line) => process.stderr.write(`${line}\n`) })
  return tools
}

/** A registry whose programs and folders go with the test, and with this process if it is killed. */
export async function testProcesses(t: TestContext): Promise<Processes> {
  const processes = await openProcesses()
  t.after(() => {
    // What a test started holds nothing that is worth an orderly end.
    processes.killAll()
    return processes.stopAll()
  })
  return processes
}
