import { execFile } from 'node:child_process'
import { explain, QuaysideError } from '../../core/errors.ts'
import { type NginxBuild, parseBuild } from '../../core/install/build.ts'
import { type ConfFile, parseDump } from '../../core/install/dump.ts'

/** What this nginx was compiled with. Throws BINARY_MISSING. */
export async function readBuild(binary: string): Promise<NginxBuild> {
  const { stderr, error } = await execute(binary, ['-V'])
  const build = parseBuild(stderr)
  if (build !== null) return build
  throw new QuaysideError(
    'BINARY_MISSING',
    `"${binary} -V" reports no nginx: ${error ?? stderr.slice(0, 200)}: install nginx, or name the program with --nginxBinary`,
  )
}

/** Every file that nginx reads. Throws HOST_TEST_FAILED where nginx refuses its own configuration. */
export async function readDump(
  binary: string,
  mainConf: string,
  prefix: string | null,
): Promise<readonly ConfFile[]> {
  const place = [...(prefix === null ? [] : ['-p', prefix]), '-c', mainConf]
  const { stdout, stderr, error } = await execute(binary, ['-T', ...place])
  if (error === null) return parseDump(stdout)
  const line = stderr.split('\n').find((one) => one.includes('[emerg]')) ?? error
  if (line.includes('Permission denied') && process.getuid?.() !== 0)
    throw new QuaysideError(
      'INSTALL_REFUSED',
      `this user may not read what nginx reads, and nothing was changed: run the command as root (sudo): ${line.trim()}`,
    )
  throw new QuaysideError(
    'HOST_TEST_FAILED',
    `nginx refuses its configuration as it is, and nothing was changed: mend this first: ${line.trim()}`,
  )
}

type Output = { readonly stdout: string; readonly stderr: string; readonly error: string | null }

function execute(binary: string, args: readonly string[]): Promise<Output> {
  return new Promise((resolve) => {
    execFile(binary, args, { timeout: 60_000, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, error: error === null ? null : explain(error) }),
    )
  })
}
