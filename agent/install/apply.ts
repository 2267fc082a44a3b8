import { basename, dirname, join } from 'node:path'
import { type Change, recordOf } from '../../core/install/plan.ts'
import type { EntryTexts } from '../entries.ts'
import { readEntries } from '../entries.ts'
import { changeConf } from './change-conf.ts'
import type { InstallPlan } from './plan-install.ts'
import { recordPath, recordText } from './record-file.ts'
import { makeState } from './state-dir.ts'
import { testChanges } from './test-changes.ts'
import { assertWritable, missingFolders, writeFileInPlace } from './write.ts'

/** Whether the plan would change nothing. */
export function isDone({ files, conf, state }: InstallPlan): boolean {
  return files.length + conf.length + state.folders.length + state.entries.size === 0
}

/** Where a file of the operator's is kept as it was before its first edit: not beside it, where a pattern might include it. */
export function backupPath(settingsFile: string, path: string): string {
  return join(dirname(settingsFile), `${basename(path)}.before-quayside`)
}

/**
 * Throws INSTALL_REFUSED where rights are missing or nginx would refuse its configuration; nothing was changed then. A dry run asks the
 * same.
 */
export async function checkInstall(plan: InstallPlan, settingsFile: string): Promise<void> {
  const { files, conf, state, host } = plan
  const written = [...files, ...conf].map(({ path }) => path)
  const record = written.length === 0 ? [] : [recordPath(settingsFile)]
  await assertWritable([...written, ...record, ...state.folders, ...state.entries.keys()])
  if (conf.length === 0) return
  const overlay = new Map(conf.map(({ path, after }) => [path, after]))
  await testChanges(host.settings.nginx, await includedEntries(plan), overlay)
}

/** What the entry files that nginx will read hold, or will hold. */
async function includedEntries({ host, entries, included }: InstallPlan): Promise<EntryTexts> {
  const current = await readEntries(host.settings)
  return new Map(included.map((path) => [path, current.get(path) || (entries.get(path) ?? '')]))
}

/** Carries out a plan that was checked: entry files first, so that nginx's configuration is valid at every moment. */
export async function applyInstall(plan: InstallPlan, settingsFile: string): Promise<void> {
  const { files, conf, state, host } = plan
  await makeState(state, host.privileges.user)
  if (files.length + conf.length === 0) return
  const folders = await Promise.all([...files, ...conf].map(({ path }) => missingFolders(path)))
  // Before the changes, so that a run that was cut short can be taken back.
  const record = recordOf(plan.record, { files, conf, folders: folders.flat() })
  await writeFileInPlace(recordPath(settingsFile), recordText(record), 0o644)
  for (const { path, after, mode } of files) await writeFileInPlace(path, after, mode)
  for (const change of conf) await keepBackup(change, settingsFile)
  await changeConf(host.settings.nginx, conf)
}

async function keepBackup({ path, before, inserted }: Change, settingsFile: string): Promise<void> {
  if (inserted === undefined || before === null) return
  await writeFileInPlace(backupPath(settingsFile, path), before, 0o644)
}
