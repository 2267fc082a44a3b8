import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { QuaysideError } from '../core/errors.ts'
import { certificatesIn, listenPortsIn } from '../core/host/layout-facts.ts'
import type { BlobStore } from './blobs.ts'
import type { Content } from './content.ts'
import type { AgentSettings } from './settings.ts'

/**
 * What a release may not get wrong on this host, checked before nginx sees it because nginx's own words for it help less, or it doesn't
 * mind: certificate files that aren't there, and ports outside the operator's list. Throws HOST_TEST_FAILED.
 */
export async function checkFiles(settings: AgentSettings, blobs: BlobStore, content: Content): Promise<void> {
  for (const { path, origin } of content.files) {
    const facts = factsOf((await blobs.read(origin)).toString())
    await checkCertificates(settings, path, facts?.certificates ?? [])
    checkPorts(settings, path, facts?.ports ?? null)
  }
}

async function checkCertificates(
  { nginx }: AgentSettings,
  file: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const path = resolve(dirname(nginx.mainConf), name)
    const readable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    )
    if (!readable)
      throw refused(`${file} needs the certificate file ${path}, which is missing or unreadable on this host`)
  }
}

function checkPorts({ allowedPorts }: AgentSettings, file: string, ports: readonly number[] | null): void {
  if (allowedPorts === null) return
  if (ports === null) throw refused(`${file} can't be read as configuration, so its ports can't be checked`)
  const port = ports.find((one) => !allowedPorts.includes(one))
  if (port !== undefined)
    throw refused(`${file} listens on port ${port}; allowedPorts of this host are ${allowedPorts.join(', ')}`)
}

/** Null for what only nginx itself can read, such as blocks of another language in an operator's template: `nginx -t` judges those. */
function factsOf(text: string): { certificates: readonly string[]; ports: readonly number[] } | null {
  try {
    return { certificates: certificatesIn(text), ports: listenPortsIn(text) }
  } catch {
    return null
  }
}

function refused(why: string): QuaysideError {
  return new QuaysideError('HOST_TEST_FAILED', why)
}
