import { explain, QuaysideError } from '../../core/errors.ts'
import { testConfiguration } from '../nginx.ts'
import type { NginxSettings } from '../settings.ts'
import { putBack } from './write.ts'

/** A file of nginx's configuration as it was and as it is to be; null where there is none. */
export type ConfChange = {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** Puts changes in place and lets nginx, where there is one, test the whole. Throws INSTALL_REFUSED after everything was put back. */
export async function changeConf(nginx: NginxSettings | null, changes: readonly ConfChange[]): Promise<void> {
  if (changes.length === 0) return
  try {
    for (const { path, after } of changes) await putBack(path, after)
    const problem = nginx === null ? null : await testConfiguration(nginx, nginx.mainConf)
    if (problem !== null) throw new Error(problem)
  } catch (error) {
    for (const { path, before } of changes) await putBack(path, before)
    throw new QuaysideError(
      'INSTALL_REFUSED',
      `nginx refused its configuration with the changes, and they were taken back: ${explain(error)}`,
    )
  }
}
