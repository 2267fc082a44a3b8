import type { TestContext } from 'node:test'
import { openProcesses, type Processes } from '../../local/processes/processes.ts'
import { ensureNewNginx, ensureTools } from '../../local/tools/ensure-tools.ts'
import type { NginxTool, Tools } from '../../local/tools/tool.ts'

let tools: Promise<Tools> | undefined
let newNginx: Promise<NginxTool> | undefined

/** The real programs. The test runner has named them by CONSUL_BIN and NGINX_BIN; a single test file finds them itself. A missing one fails the test. */
export function testTools(): Promise<Tools> {
  tools ??= ensureTools({ log: (line) => process.stderr.write(`${line}\n`) })
  return tools
}

/** An nginx that resolves upstream servers itself (≥ 1.27.3), beside the usual one. */
export function testNewNginx(): Promise<NginxTool> {
  newNginx ??= ensureNewNginx({ log: (line) => process.stderr.write(`${line}\n`) })
  return newNginx
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
