import { QuaysideError } from '../errors.ts'

/**
 * The main configuration with its includes of the live entry files replaced by candidates, so that `nginx -t` tests exactly what would
 * run. Its pid file is moved too: `nginx -t` opens that for writing, which the agent may not, and leaves it empty where it fails. Throws
 * HOST_TEST_FAILED where it doesn't include an entry file by its full path: then a release could never take effect.
 */
export function candidateConf(
  mainConf: string,
  replacements: ReadonlyMap<string, string>,
  pidFile: string,
): string {
  return [...replacements].reduce(
    (text, [live, candidate]) => {
      const include = new RegExp(`^((?:[^#\\n]*[\\s{;])?)include\\s+(["']?)${escaped(live)}\\2\\s*;`, 'gm')
      if (!include.test(text)) throw notIncluded(live)
      return text.replace(include, (_match, before: string) => `${before}include "${candidate}";`)
    },
    mainConf.replace(/^(\s*)pid\s+[^;\n]+;/m, (_match, before: string) => `${before}pid "${pidFile}";`),
  )
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
