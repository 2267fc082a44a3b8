import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { explain, QuaysideError } from '../../core/errors.ts'
import type { EntryTexts } from '../entries.ts'
import type { Overlay } from '../mirror.ts'
import type { NginxSettings } from '../settings.ts'
import { testCandidate } from '../test-candidate.ts'

/** Tests nginx's configuration as it would be, beside the live one. Throws INSTALL_REFUSED with what nginx says. */
export async function testChanges(
  nginx: NginxSettings,
  entries: EntryTexts,
  overlay: Overlay,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quayside-install-'))
  try {
    await testCandidate(nginx, join(directory, 'candidate'), entries, overlay)
  } catch (error) {
    throw new QuaysideError(
      'INSTALL_REFUSED',
      `nginx would refuse its configuration with these changes, so nothing was changed: ${explain(error)}`,
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
