import { dirname, join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import { emptyRecord, type InstallRecord } from '../../core/install/plan.ts'
import { readJson, readList, readObject, readText } from '../../core/release/read.ts'
import { readTextOrNull } from '../disk.ts'

/**
 * Where install keeps what it did: beside the settings, which only root writes. In the state directory the agent's user could make
 * uninstall remove any file.
 */
export function recordPath(settingsFile: string): string {
  return join(dirname(settingsFile), 'install.json')
}

/** Throws INSTALL_REFUSED for a file that install didn't write. */
export async function readRecord(settingsFile: string): Promise<InstallRecord> {
  const path = recordPath(settingsFile)
  const text = await readTextOrNull(path)
  if (text === null) return emptyRecord
  try {
    const members = readObject(readJson(text, path), path)
    return {
      files: readTable(members.files, 'files', (one, at) => readText(one, at, /^[0-9a-f]{64}$/, 'a digest')),
      inserted: readTable(members.inserted, 'inserted', readTexts),
      conf: readTexts(members.conf, 'conf'),
      folders: readTexts(members.folders, 'folders'),
    }
  } catch (cause) {
    throw new QuaysideError(
      'INSTALL_REFUSED',
      `${path} is not what install wrote: move it away to go on without it`,
      { cause },
    )
  }
}

export function recordText(record: InstallRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}

function readTexts(value: unknown, where: string): readonly string[] {
  return readList(value, where, (item, at) => readText(item, at, /^/, 'a text'))
}

function readTable<T>(value: unknown, where: string, read: (value: unknown, where: string) => T) {
  const entries = Object.entries(readObject(value, where))
  return Object.fromEntries(entries.map(([name, one]) => [name, read(one, `${where}.${name}`)]))
}
