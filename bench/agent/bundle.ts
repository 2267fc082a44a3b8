import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleAgent } from '../../packaging/bundle.ts'

/** Writes the file that packages bring into a folder of the caller's; returns its path. */
export async function writeBundle(folder: string): Promise<string> {
  const file = join(folder, 'quayside-agent.mjs')
  await writeFile(file, await bundleAgent())
  return file
}
