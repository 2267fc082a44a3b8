import { rm } from 'node:fs/promises'
import { emptyRecord, type InstallRecord } from '../../core/install/plan.ts'
import { planUndo, type UndoPlan } from '../../core/install/undo.ts'
import type { Terminal } from '../commands/command.ts'
import { onDisk } from '../disk.ts'
import type { NginxSettings } from '../settings.ts'
import { backupPath } from './apply.ts'
import { changeConf } from './change-conf.ts'
import { type InstallFlags, readFlags, usage } from './flags.ts'
import { settingsForUninstall } from './install-settings.ts'
import { assertPurgeable } from './purge.ts'
import { readBuild } from './read-nginx.ts'
import { readOrNull } from './read-or-null.ts'
import { readRecord, recordPath, recordText } from './record-file.ts'
import { reloadIfWanted } from './reload.ts'
import { testChanges } from './test-changes.ts'
import { assertWritable, putBack, removeEmpty } from './write.ts'

/**
 * Takes back what install wrote, where it is still as it was written, and says what stays. nginx goes on with its last configuration until
 * it is reloaded. The state directory stays too, unless it is to be purged.
 */
export async function uninstall(args: readonly string[], { env, out }: Terminal): Promise<void> {
  if (args.includes('--help')) return out(usage)
  const flags = readFlags(args, env.QUAYSIDE_AGENT_SETTINGS)
  const settings = settingsForUninstall(flags.settingsFile)
  const record = await readRecord(flags.settingsFile)
  const plan = planUndo(record, readOrNull)
  const conf = plan.undos.filter(({ path }) => record.conf.includes(path))
  const overlay = new Map(conf.map(({ path, after }) => [path, after]))
  // Where nginx itself was removed there is nobody to ask, and nobody to harm.
  const nginx = (await isThere(settings.nginx)) ? settings.nginx : null
  await assertWritable(plan.undos.map(({ path }) => path))
  if (nginx !== null && conf.length > 0) await testChanges(nginx, new Map(), overlay)
  if (nginx !== null && flags.purge) await assertPurgeable(settings, overlay)
  for (const line of describe(plan, flags)) out(line)
  if (flags.purge) out(`  remove ${settings.stateDir}/, releases and all`)
  if (flags.dryRun) return
  await changeConf(nginx, conf)
  for (const { path, after } of plan.undos.filter((one) => !conf.includes(one))) await putBack(path, after)
  await forget(record, plan, flags.settingsFile)
  if (flags.purge)
    await onDisk('remove the state directory', () => rm(settings.stateDir, { recursive: true, force: true }))
  if (conf.length > 0) for (const line of await traffic(settings.nginx, flags)) out(line)
}

function isThere({ binary }: NginxSettings): Promise<boolean> {
  return readBuild(binary).then(
    () => true,
    () => false,
  )
}

function describe({ undos, kept }: UndoPlan, { dryRun }: InstallFlags): readonly string[] {
  const nothing = undos.length === 0 ? ['Nothing to take back.'] : []
  return [
    ...(dryRun && undos.length > 0 ? ['A dry run: it would'] : nothing),
    ...undos.map(
      ({ path, after }) => `  ${after === null ? 'remove' : 'take the lines of install out of'} ${path}`,
    ),
    ...(undos.some(({ path }) => path.endsWith('.service'))
      ? ['  (the unit: run "systemctl disable --now quayside-agent" before, "systemctl daemon-reload" after)']
      : []),
    ...Object.entries(kept).map(([path, why]) => `  leave ${path}: ${why}`),
  ]
}

/** The record keeps what could not be taken back; a backup goes when the file is again what it was. */
async function forget(record: InstallRecord, { kept }: UndoPlan, settingsFile: string): Promise<void> {
  for (const path of Object.keys(record.inserted)) {
    const backup = backupPath(settingsFile, path)
    if (readOrNull(backup) === readOrNull(path)) await putBack(backup, null)
  }
  const keeps = (path: string) => path in kept
  const inserted = Object.fromEntries(Object.entries(record.inserted).filter(([path]) => keeps(path)))
  const conf = record.conf.filter((path) => path in inserted)
  // A file of our own that somebody changed is theirs from now on.
  const rest = { ...emptyRecord, inserted, conf }
  await putBack(recordPath(settingsFile), conf.length === 0 ? null : recordText(rest))
  await removeEmpty(record.folders)
}

async function traffic(nginx: NginxSettings, { reload }: InstallFlags): Promise<readonly string[]> {
  return [
    'nginx answers with the routes of the last release until it is reloaded or restarted, by whomever; from then on without them.',
    await reloadIfWanted(nginx, reload),
  ]
}
