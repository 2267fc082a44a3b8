import { createHttpClient } from './http.ts'
import { readInstanceMetadata } from './instance-metadata.ts'
import type { SettingsSource } from './settings.ts'

/**
 * The environment; with the region that the instance metadata service tells as `AWS_REGION`, where neither the environment nor the settings
 * file names one. Without an answer it stays as it is, and reading the settings says what is missing.
 */
export async function withRegion(source: SettingsSource): Promise<SettingsSource['env']> {
  const { env } = source
  if (env.AWS_REGION !== undefined || env.AWS_DEFAULT_REGION !== undefined || namesRegion(source)) return env
  const http = createHttpClient()
  try {
    const [region = ''] = await readInstanceMetadata(env, http, ['/latest/meta-data/placement/region'])
    return { ...env, AWS_REGION: region }
  } catch {
    return env
  } finally {
    http.close()
  }
}

/** Settings that are missing, or a file that can't be read, are no reason to ask AWS: they are named as a problem soon. */
function namesRegion({ env, readFile }: SettingsSource): boolean {
  const file = env.QUAYSIDE_AGENT_SETTINGS
  if (file === undefined) return env.QUAYSIDE_BUCKET === undefined
  try {
    return (JSON.parse(readFile(file)) as { region?: unknown } | null)?.region !== undefined
  } catch {
    return true
  }
}
