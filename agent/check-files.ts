import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { explain, QuaysideError } from '../core/errors.ts'
import { certificatesIn, listenPortsIn } from '../core/host/layout-facts.ts'
import { refuseDirectives } from '../core/host/refuse-directives.ts'
import type { Endpoints } from '../core/release/endpoints.ts'
import { type Directive, parseNginx } from '../core/render/nginx-parse.ts'
import { isReserved, parseAddress } from '../core/route/address.ts'
import type { BlobStore } from './blobs.ts'
import type { Content } from './content.ts'
import type { AgentSettings } from './settings.ts'

/**
 * What a release may not get wrong on this host, checked before nginx sees it because nginx's own words for it help less, or it doesn't
 * mind: certificate files that aren't there, ports outside the operator's list, and directives that reach beyond serving. Throws
 * HOST_TEST_FAILED.
 */
export async function checkFiles(settings: AgentSettings, blobs: BlobStore, content: Content): Promise<void> {
  for (const { path, origin } of content.files) {
    const directives = read(settings, path, (await blobs.read(origin)).toString())
    if (directives === null) continue
    checkDirectives(settings, path, directives)
    await checkCertificates(settings, path, certificatesIn(directives))
    checkPorts(settings, path, listenPortsIn(directives))
  }
}

/**
 * A signed address is still no licence to pass requests on to where this machine's own credentials are handed out. Throws RELEASE_INVALID.
 */
export function checkAddresses({ sources }: Endpoints): void {
  for (const [source, servers] of Object.entries(sources)) {
    const server = servers.find(({ address }) => isReserved(parseAddress(address) ?? []))
    if (server === undefined) continue
    const why = 'is link-local or of the metadata service, which is never a server'
    throw new QuaysideError(
      'RELEASE_INVALID',
      `the endpoints of ${source} hold ${server.address}: that ${why}`,
    )
  }
}

/** Null for what only nginx itself can read, where the operator left that to `nginx -t`. */
function read(
  { allowedDirectives, allowedPorts }: AgentSettings,
  file: string,
  text: string,
): readonly Directive[] | null {
  try {
    return parseNginx(text, file)
  } catch (error) {
    if (allowedDirectives.includes('*') && allowedPorts === null) return null
    throw refused(`${explain(error)}; so it can't be checked for this host`)
  }
}

function checkDirectives(settings: AgentSettings, file: string, directives: readonly Directive[]): void {
  const { allowedDirectives: allowed, writablePaths: writable, nginx } = settings
  if (allowed.includes('*')) return
  const why = refuseDirectives(directives, { allowed, writable, configuration: dirname(nginx.mainConf) })
  if (why !== null)
    throw refused(
      `${file}, ${why}; if this host should take it, say so in allowedDirectives or writablePaths`,
    )
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

function checkPorts({ allowedPorts }: AgentSettings, file: string, ports: readonly number[]): void {
  if (allowedPorts === null) return
  const port = ports.find((one) => !allowedPorts.includes(one))
  if (port !== undefined)
    throw refused(`${file} listens on port ${port}; allowedPorts of this host are ${allowedPorts.join(', ')}`)
}

function refused(why: string): QuaysideError {
  return new QuaysideError('HOST_TEST_FAILED', why)
}
