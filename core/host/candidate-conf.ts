import { QuaysideError } from '../errors.ts'

/**
 * The main configuration with its includes of the live entry files replaced by candidates, so that `nginx -t` tests exactly what would
 * run. Its pid file is moved too, also where only nginx's own default says where it is: `nginx -t` opens that for writing, which the agent
 * may not, and leaves an empty one where there was none. Throws HOST_TEST_FAILED where it doesn't include an entry file by its full path: then a release could never take effect.
 */
export function candidateConf(
  mainConf: string,
  replacements: ReadonlyMap<string, string>,
  pidFile: string | null,
): string {
  return [...replacements].reduce(
    (text, [live, candidate]) => {
      const include = new RegExp(`^((?:[^#\\n]*[\\s{;])?)include\\s+(["']?)${escaped(live)}\\2\\s*;`, 'gm')
      if (!include.test(text)) throw notIncluded(live)
      return text.replace(include, (_match, before: string) => `${before}include "${candidate}";`)
    },
    pidFile === null ? mainConf : withPid(mainConf, `pid "${pidFile}";`),
  )
}

function withPid(mainConf: string, directive: string): string {
  const stated = /^(\s*)pid\s+[^;\n]+;/m
  return stated.test(mainConf)
    ? mainConf.replace(stated, (_match, before: string) => `${before}${directive}`)
    : `${directive} ${mainConf}`
}

/** Whether nginx says that the main configuration states its pid file elsewhere: in a file that it includes, or late in a line. */
export function isPidTwice(problem: string): boolean {
  return problem.includes('"pid" directive is duplicate')
}

function notIncluded(path: string): QuaysideError {
  return new QuaysideError(
    'HOST_TEST_FAILED',
    `nginx's main configuration has no line "include ${path};": add it to its http or stream block`,
  )
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
