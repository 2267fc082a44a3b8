import { existsSync } from 'node:fs'
import { chown } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectory, onDisk, readTextOrNull, replaceFile } from '../disk.ts'
import type { EntryTexts } from '../entries.ts'
import { foldersOf } from '../folders.ts'
import type { AgentSettings } from '../settings.ts'
import { readUsers } from './passwd.ts'

/** What of the state directory isn't there yet. */
export type StatePlan = { readonly folders: readonly string[]; readonly entries: EntryTexts }

/** Entry files that hold something are left alone: they are the agent's. */
export async function planState({ stateDir }: AgentSettings, entries: EntryTexts): Promise<StatePlan> {
  const { blobs, releases } = foldersOf(stateDir)
  const wanted = [
    ...new Set([stateDir, blobs, releases, ...[...entries.keys()].map((path) => dirname(path))]),
  ]
  const texts = await Promise.all(
    [...entries].map(async ([path, text]) =>
      ((await readTextOrNull(path)) ?? '') === '' ? [[path, text] as const] : [],
    ),
  )
  return { folders: wanted.filter((path) => !existsSync(path)), entries: new Map(texts.flat()) }
}

/** Makes it, as the agent's user where root may give it away and the user is there. */
export async function makeState({ folders, entries }: StatePlan, userName: string): Promise<void> {
  await onDisk('make the state directory', async () => {
    for (const path of folders) await makeDirectory(path)
    for (const [path, text] of entries) await replaceFile(path, text)
    const user = (await readUsers()).find(({ name }) => name === userName)
    if (process.getuid?.() !== 0 || user === undefined) return
    for (const path of [...folders, ...entries.keys()]) await chown(path, user.uid, user.gid)
  })
}
