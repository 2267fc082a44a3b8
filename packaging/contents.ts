import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PackedFile } from './archive.ts'

const root = join(import.meta.dirname, '..')

export type PackageInput = { readonly version: string; readonly bundle: Uint8Array }

export function readPackageFile(name: string): string {
  return readFileSync(join(import.meta.dirname, 'files', name), 'utf8')
}

export function readRepositoryFile(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** What every package brings, by its path on the host. */
export function programFiles({ bundle }: PackageInput): readonly PackedFile[] {
  return [
    { path: 'usr/lib/quayside/quayside-agent.mjs', content: bundle, mode: 0o644 },
    { path: 'usr/bin/quayside-agent', content: readPackageFile('quayside-agent.sh'), mode: 0o755 },
  ]
}

export function unitFile(): string {
  return readRepositoryFile('agent/quayside-agent.service')
}
