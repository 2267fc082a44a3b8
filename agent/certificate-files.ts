import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { sha256 } from '../core/canonical.ts'
import { certificatesIn } from '../core/host/layout-facts.ts'
import { parseNginx } from '../core/render/nginx-parse.ts'
import type { NginxSettings } from './settings.ts'
import type { Staged } from './stage.ts'

/** A file as it was when it was last looked at. Its content, which may be a private key, is kept nowhere. */
export type LookedAt = {
  readonly path: string
  /** What changes with every write. */
  readonly stamp: string
  readonly digest: string
  /** Unix milliseconds. */
  readonly changedAt: number
  /** When the certificate in it ends; null for anything else. */
  readonly expires: number | null
}

/** The certificate and key files that a staged configuration names, as nginx finds them. */
export async function certificatePaths(
  { mainConf }: Pick<NginxSettings, 'mainConf'>,
  { includes }: Pick<Staged, 'includes'>,
): Promise<readonly string[]> {
  const texts = await Promise.all(
    [...includes.http, ...includes.stream].map((path) => readFile(path, 'utf8')),
  )
  const names = texts.filter((text) => text.includes('ssl_certificate')).flatMap(namesIn)
  return [...new Set(names.map((name) => resolve(dirname(mainConf), name)))].sort()
}

/** Looks at a file again; it is read only where its stamp is another one than before. Never throws. */
export async function lookAt(path: string, before: LookedAt | undefined): Promise<LookedAt> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path)
    const stamp = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
    if (before?.stamp === stamp) return before
    const content = await readFile(path)
    return { path, stamp, digest: sha256(content), changedAt: ctimeMs, expires: endOf(content) }
  } catch (error) {
    const word = `unreadable: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`
    return { path, stamp: '', digest: word, changedAt: before?.changedAt ?? 0, expires: null }
  }
}

/** What only nginx itself can read names no file here. */
function namesIn(text: string): readonly string[] {
  try {
    return certificatesIn(parseNginx(text))
  } catch {
    return []
  }
}

function endOf(content: Buffer): number | null {
  if (!content.includes('-----BEGIN CERTIFICATE-----')) return null
  try {
    const end = Date.parse(new X509Certificate(content).validTo)
    return Number.isNaN(end) ? null : end
  } catch {
    return null
  }
}
