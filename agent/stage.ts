import { link, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Installed, readInstalled } from '../core/host/host-state.ts'
import type { NginxContext } from '../core/release/layout.ts'
import { readJson, readList, readObject, readText } from '../core/release/read.ts'
import type { Content } from './content.ts'
import { onDisk, syncDirectory, temporaryName, writeSynced } from './disk.ts'
import type { Folders } from './folders.ts'

/** A complete, immutable directory with one configuration, and what its entry files must include. */
export type Staged = {
  readonly installed: Installed
  /** Absolute paths, in order. */
  readonly includes: Readonly<Record<NginxContext, readonly string[]>>
  /** Digests of all that it was made of. */
  readonly blobs: readonly string[]
}

const manifestName = 'release.json'

/** Makes the directory unless it is there. It gets its name when it is complete and synced, so whatever has the name is whole. */
export async function stage(folders: Folders, content: Content): Promise<Staged> {
  const { configId } = content.installed
  const staged = describe(folders, content)
  if ((await readWhole(folders, configId)) !== null) return staged
  await onDisk(`stage configuration ${configId} in ${folders.releases}`, async () => {
    const temporary = temporaryName(folders.release(configId))
    try {
      await fill(folders, temporary, content, staged)
      await setAside(folders.release(configId))
      await rename(temporary, folders.release(configId))
      await syncDirectory(folders.releases)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      throw error
    }
  })
  return staged
}

/** Reads a staged directory back; null where it isn't there or not one of ours. */
export async function readStaged(folders: Folders, configId: string): Promise<Staged | null> {
  try {
    const text = await readFile(join(folders.release(configId), manifestName), 'utf8')
    const members = readObject(readJson(text, manifestName), manifestName)
    const includes = readObject(members.includes, 'includes')
    const texts = (value: unknown, where: string) =>
      readList(value, where, (item, at) => readText(item, at, /^[\w./+@:, -]+$/, 'a path'))
    return {
      installed: readInstalled(members.installed, 'installed'),
      includes: { http: texts(includes.http, 'http'), stream: texts(includes.stream, 'stream') },
      blobs: texts(members.blobs, 'blobs'),
    }
  } catch {
    return null
  }
}

/** The same, and null also where a file that nginx would include is missing, as when somebody cleaned up by hand. */
export async function readWhole(folders: Folders, configId: string): Promise<Staged | null> {
  const staged = await readStaged(folders, configId)
  if (staged === null) return null
  const paths = [...staged.includes.http, ...staged.includes.stream]
  return (await Promise.all(paths.map(exists))).every(Boolean) ? staged : null
}

/** A damaged directory is moved away, since a directory that holds something can't be replaced; the next pruning removes it. */
async function setAside(path: string): Promise<void> {
  if (await exists(path)) await rename(path, temporaryName(path))
}

function describe(folders: Folders, { installed, files, upstreams }: Content): Staged {
  const root = folders.release(installed.configId)
  const includes = (context: NginxContext) => [
    ...(upstreams[context] === '' ? [] : [join(root, `upstreams.${context}.conf`)]),
    ...files.filter((file) => file.context === context).map(({ path }) => join(root, 'files', path)),
  ]
  const digests = files.flatMap(({ sha256, origin }) => [sha256, origin.sha256])
  return {
    installed,
    includes: { http: includes('http'), stream: includes('stream') },
    blobs: [...new Set([installed.layout.sha256, installed.endpoints.sha256, ...digests])],
  }
}

/** Files are linked to their blobs, so that a change of addresses writes the upstreams alone. */
async function fill(folders: Folders, root: string, content: Content, staged: Staged): Promise<void> {
  const targets = content.files.map((file) => ({ ...file, target: join(root, 'files', file.path) }))
  const directories = new Set([root, ...targets.flatMap(({ target }) => parents(target, root))])
  for (const directory of directories) await mkdir(directory, { recursive: true, mode: 0o755 })
  await Promise.all([
    ...targets.map(({ sha256, target }) => link(folders.blob(sha256), target)),
    writeSynced(join(root, 'upstreams.http.conf'), content.upstreams.http),
    writeSynced(join(root, 'upstreams.stream.conf'), content.upstreams.stream),
    writeSynced(join(root, manifestName), `${JSON.stringify(staged)}\n`),
  ])
  await Promise.all([...directories].map(syncDirectory))
}

/** The directories between `root` and `path`, outermost first. */
function parents(path: string, root: string): string[] {
  const directory = dirname(path)
  return directory === root ? [] : [...parents(directory, root), directory]
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null
}
