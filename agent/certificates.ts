import { dirname, relative } from 'node:path'
import type { BadMark } from '../core/host/bad-marks.ts'
import { certificatesId, isCertificateFault } from '../core/host/certificates.ts'
import type { CertificateView } from '../core/host/host-view.ts'
import { certificatePaths, type LookedAt, lookAt } from './certificate-files.ts'
import type { Host } from './host.ts'
import type { Staged } from './stage.ts'
import { readStaged } from './stage.ts'

/** What an agent remembers of the certificate files that configurations name. */
export type CertificateMemory = {
  lookedAt: number
  /** The configuration that `confirmed` was read from. */
  of: string | null
  confirmed: readonly string[]
  /** The files of the last configuration that was tested and names others than the confirmed one. */
  tested: readonly string[]
  seen: Map<string, LookedAt>
  /** Since when nginx hasn't what the files hold. */
  changedAt: number | null
  /** Contents that nginx refused. */
  bad: readonly BadMark[]
  problem: string | null
  /** Until when a refused target waits for its files. */
  hold: { readonly id: string; readonly host: string; readonly until: number; readonly reason: string } | null
}

export function noCertificates(): CertificateMemory {
  return {
    ...{ lookedAt: Number.NEGATIVE_INFINITY, of: null, confirmed: [], tested: [], seen: new Map() },
    ...{ changedAt: null, bad: [], problem: null, hold: null },
  }
}

const lookMs = 2_000

/** Looks every two seconds, or at once, at the files that the confirmed configuration, and a tested one, name. */
export async function lookAtCertificates(host: Host, atOnce: boolean): Promise<void> {
  const { memory, elapsed } = host
  const isNew = await followConfirmed(host)
  if (!isNew && !atOnce && elapsed() - memory.certificates.lookedAt < lookMs) return
  memory.certificates.lookedAt = elapsed()
  await look(host)
}

/** Takes over which files the confirmed configuration names, without looking at them; true if it is another one than before. */
export async function followConfirmed({ memory, state, folders, settings }: Host): Promise<boolean> {
  const { certificates } = memory
  const id = state.current.confirmed?.configId ?? null
  if (id === certificates.of) return false
  const staged = id === null ? null : await readStaged(folders, id)
  // A directory that somebody removed names nothing until it has been made again.
  const paths = staged === null ? [] : await certificatePaths(settings.nginx, staged).catch(() => null)
  certificates.confirmed = paths ?? []
  certificates.of = paths === null ? null : id
  return true
}

/** To be called before a configuration is tested, so that a refusal can be told from a fault of its files. */
export async function lookAtTested(host: Host, staged: Staged): Promise<void> {
  const { certificates } = host.memory
  const paths = await certificatePaths(host.settings.nginx, staged)
  if (paths.some((path) => !certificates.confirmed.includes(path))) certificates.tested = paths
  await look(host)
}

/** The content that the confirmed configuration's files have; null where it names none. */
export function seenNow({ memory: { certificates } }: Host): string | null {
  return idOf(certificates, certificates.confirmed)
}

/** The content of all files that are looked at: when it changes, what nginx refused may work. */
export function certificateFingerprint({ memory: { certificates } }: Host): string {
  return idOf(certificates, watched(certificates)) ?? ''
}

/** Whether a refusal of nginx's is for certificate files to mend. */
export function areCertificatesAtFault(host: Host, reason: string): boolean {
  const { certificates } = host.memory
  const isLoaded = seenNow(host) === host.state.current.certificates
  return isCertificateFault(reason, [
    { ...setOf(host, certificates.confirmed), isLoaded },
    { ...setOf(host, certificates.tested), isLoaded: true },
  ])
}

export function certificateView({ memory: { certificates } }: Host): CertificateView {
  const ends = certificates.confirmed.flatMap((path) => certificates.seen.get(path)?.expires ?? [])
  return {
    files: certificates.confirmed.length,
    problem: certificates.problem,
    expires: ends.length === 0 ? null : Math.min(...ends),
  }
}

async function look({ memory: { certificates } }: Host): Promise<void> {
  const before = certificates.seen
  const files = await Promise.all(watched(certificates).map((path) => lookAt(path, before.get(path))))
  certificates.seen = new Map(files.map((file) => [file.path, file]))
}

function watched({ confirmed, tested }: CertificateMemory): readonly string[] {
  return [...new Set([...confirmed, ...tested])]
}

function idOf({ seen }: CertificateMemory, paths: readonly string[]): string | null {
  return certificatesId(paths.map((path) => ({ path, digest: seen.get(path)?.digest ?? 'not seen' })))
}

/** nginx calls a file by its full path, or as it stands in the configuration. */
function setOf({ memory, settings, now }: Host, paths: readonly string[]) {
  const root = dirname(settings.nginx.mainConf)
  const changedAt = paths.map((path) => memory.certificates.seen.get(path)?.changedAt ?? 0)
  return {
    names: paths.flatMap((path) => [path, `"${relative(root, path)}"`]),
    changedMsAgo: Math.abs(now() - Math.max(0, ...changedAt)),
  }
}
