import { readFile } from 'node:fs/promises'

/** What os-release says about the distribution; empty text where it says nothing. */
export interface OsRelease {
  readonly id: string
  readonly like: readonly string[]
  readonly codename: string
  readonly name: string
}

/** Parses the shell-like assignments of os-release(5): values may be bare, or in single or double quotes. */
export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const found = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line)
    if (found?.[1] !== undefined) fields.set(found[1], unquote(found[2] ?? ''))
  }
  const get = (key: string) => fields.get(key) ?? ''
  return {
    id: get('ID').toLowerCase(),
    like: get('ID_LIKE').toLowerCase().split(/\s+/).filter(Boolean),
    codename: get('VERSION_CODENAME'),
    name: get('PRETTY_NAME') || get('NAME') || get('ID'),
  }
}

function unquote(value: string): string {
  const inner = /^(["'])(.*)\1$/.exec(value)?.[2] ?? value
  return inner.replace(/\\(["'$`\\])/g, '$1')
}

/** The two places that os-release(5) names, in its order; undefined on systems that have neither (macOS). */
export async function readOsRelease(): Promise<OsRelease | undefined> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return parseOsRelease(text)
  }
  return undefined
}
