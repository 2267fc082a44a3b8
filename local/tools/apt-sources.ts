import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.ts'

/** One configured source of packages: where it is and which release it is asked for. */
export interface AptSource {
  readonly uri: string
  readonly release: string
  readonly component: string
}

/** One line per index, tab-separated; what `parseIndexTargets` reads. */
const format = ['$(CREATED_BY)', '$(REPO_URI)', '$(RELEASE)', '$(COMPONENT)'].join('\t')

/** Reads the lines of `apt-get indextargets` in the format above; only binary package indexes count. */
export function parseIndexTargets(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [createdBy, uri, release, component] = line.split('\t')
    if (createdBy !== 'Packages' || !uri || !release || !component) return []
    return [{ uri, release, component }]
  })
}

/**
 * The addresses that may be the distribution's own mirror, the likeliest first: one that also offers `<release>-updates`, as third parties don't.
 * Names prove nothing; what proves it is apt's check of the signature, made with the distribution's keys alone.
 */
export function mirrorsOf(sources: readonly AptSource[], releases: readonly string[]): string[] {
  const own = sources.filter(
    (source) =>
      source.component === 'main' && releases.includes(source.release) && !source.uri.startsWith('cdrom:'),
  )
  const hasUpdates = (source: AptSource) =>
    sources.some((other) => other.uri === source.uri && other.release === `${source.release}-updates`)
  const ranked = [...own.filter(hasUpdates), ...own.filter((source) => !hasUpdates(source))]
  return [...new Set(ranked.map((source) => source.uri))]
}

/**
 * Every source that apt is configured with. Each file is read by itself, because apt refuses them all when one is malformed
 * or two third parties contradict each other. The package lists need not have been fetched.
 */
export async function readAptSources(): Promise<AptSource[]> {
  const files = await sourceFiles()
  const texts = await Promise.all(files.map(indexTargetsOf))
  return texts.flatMap(parseIndexTargets)
}

async function sourceFiles(): Promise<string[]> {
  const asked = ['LIST', 'Dir::Etc::sourcelist/f', 'PARTS', 'Dir::Etc::sourceparts/d']
  const { stdout } = await runCommand('apt-config', ['shell', ...asked])
  const [list = '', parts = ''] = ['LIST', 'PARTS'].map((name) => shellValue(stdout, name))
  const names = await readdir(parts).catch(() => [])
  const inParts = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(parts, name))
  return [list, ...inParts.sort()].filter(Boolean)
}

function shellValue(text: string, name: string): string {
  return new RegExp(`^${name}='(.*)'$`, 'm').exec(text)?.[1] ?? ''
}

async function indexTargetsOf(file: string): Promise<string> {
  const { stdout } = await runCommand('apt-get', [
    'indextargets',
    ...['-o', `Dir::Etc::sourcelist=${file}`],
    ...['-o', 'Dir::Etc::sourceparts=/dev/null'],
    // Without release info apt answers from its configuration alone, so that stale or absent lists don't matter.
    ...['-o', 'APT::Get::IndexTargets::ReleaseInfo=false'],
    ...['--format', format],
  ])
  return stdout
}
