import { execFile } from 'node:child_process'
import { join } from 'node:path'

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

type Environment = Readonly<Record<string, string | undefined>>

/** Runs `quayside` in a process of its own, without a terminal, with these variables in place of its Consul and AWS ones. */
export function runQuayside(env: Environment, args: readonly string[], cwd?: string): Promise<Ran> {
  const file = join(import.meta.dirname, '../../bin/quayside.ts')
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CONSUL|AWS)_/.test(name))
  const options = { env: { ...Object.fromEntries(inherited), ...env }, ...(cwd ? { cwd } : {}) }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1
      resolve({ code, stdout, stderr })
    })
    child.stdin?.end()
  })
}
