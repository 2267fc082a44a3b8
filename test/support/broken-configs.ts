import { readFileSync } from 'node:fs'
import { fullConfig, withValue } from './full-config.ts'

export type BrokenConfig = {
  /** The change, as the file has it. */
  readonly name: string
  readonly config: Record<string, unknown>
  readonly problem: string
  /** Whether a schema can say it too. */
  readonly isOfForm: boolean
}

/** The full config with one thing wrong in it at a time. */
export function brokenConfigs(): readonly BrokenConfig[] {
  const text = readFileSync(new URL('../fixtures/broken-configs.txt', import.meta.url), 'utf8')
  return [...text.matchAll(/^(~ )?([$\w.[\]]+) =(.*)\n {2}(.+)$/gm)].map(
    ([, mark, at = '', value = '', problem = '']) => ({
      name: `${at} =${value}`,
      config: withValue(fullConfig(), at, value === '' ? undefined : JSON.parse(value)),
      problem,
      isOfForm: mark === undefined,
    }),
  )
}
