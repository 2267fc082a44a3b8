import { execFile } from 'node:child_process'

export interface CommandResult {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a short program to its end and says how it went; it never throws. Messages are in English whatever the locale is,
 * because some of them are parsed. A program that is not there gives `ok: false` with the reason in `stderr`.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const { cwd, timeoutMs = 20_000 } = options
  const env = { ...process.env, ...options.env, LC_ALL: 'C', LANGUAGE: 'C' }
  return new Promise((resolve) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const
    execFile(command, args, { ...limits, env, ...(cwd === undefined ? {} : { cwd }) }, (error, out, err) => {
      const late = error?.killed === true ? `\n${command} did not end within ${timeoutMs / 1000} s` : ''
      resolve({ ok: error === null, stdout: out, stderr: (err || error?.message || '') + late })
    })
  })
}
