import { digestOf } from '../canonical.ts'

/** What the disk holds at one path. */
export type SeenFile = {
  readonly path: string
  /** Of the content, or a word for why it could not be read. */
  readonly digest: string
}

/** The certificate and key files of one configuration, when nginx has refused a test. */
export type CertificateSet = {
  /** Each as nginx may call it. */
  readonly names: readonly string[]
  /** Since one of them was last written. */
  readonly changedMsAgo: number
  /** Whether nginx runs with what they hold now; true also for a set that it never loaded. */
  readonly isLoaded: boolean
}

/** One name for the content of all files together; it tells nothing of what they hold. Null where there are none. */
export function certificatesId(files: readonly SeenFile[]): string | null {
  if (files.length === 0) return null
  const sorted = files
    .map(({ path, digest }) => [path, digest])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return digestOf(sorted)
}

/** A pair is replaced file by file, so for as long a refusal says only that somebody may still be at it. */
const settleMs = 60_000

/**
 * Whether nginx's refusal is the fault of certificate files and not of the release that was tested: it names one, and its set has just
 * been written, or nginx runs with another content of it and would now refuse any release.
 */
export function isCertificateFault(reason: string, sets: readonly CertificateSet[]): boolean {
  return sets
    .filter(({ names }) => names.some((name) => reason.includes(name)))
    .some(({ changedMsAgo, isLoaded }) => !isLoaded || changedMsAgo < settleMs)
}
