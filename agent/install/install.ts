import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { showChange, showFinding } from '../../core/install/show-change.ts'
import type { Terminal } from '../commands/command.ts'
import { applyInstall, backupPath, checkInstall, isDone } from './apply.ts'
import { type InstallFlags, readFlags, usage } from './flags.ts'
import type { Installer } from './own-files.ts'
import { type InstallPlan, planInstall } from './plan-install.ts'
import { reloadIfWanted } from './reload.ts'

/**
 * Prepares a host: says what on it would be in the way of releases, and puts in place what the agent needs beside nginx. Twice is the same
 * as once, and a dry run changes nothing.
 */
export async function install(args: readonly string[], { env, out }: Terminal): Promise<void> {
  if (args.includes('--help')) return out(usage)
  const flags = readFlags(args, env.QUAYSIDE_AGENT_SETTINGS)
  const plan = await planInstall(flags, installer())
  const { dryRun, settingsFile } = flags
  for (const line of [...ignored(flags, plan), ...describe(plan)]) out(line)
  await checkInstall(plan, settingsFile)
  out(isDone(plan) ? 'Nothing to change.' : dryRun ? 'A dry run: it would' : 'Changes:')
  for (const line of changes(plan, settingsFile, dryRun)) out(line)
  if (!dryRun) await applyInstall(plan, settingsFile)
  for (const line of nextSteps(plan, settingsFile)) out(line)
  if (!dryRun && plan.conf.length > 0) out(await reloadIfWanted(plan.host.settings.nginx, flags.reload))
}

/** The unit file lies beside the program, in a package as in the repository. */
function installer(): Installer {
  const path = realpathSync(process.argv[1] ?? '')
  return {
    program: { node: process.execPath, path },
    unitFile: join(dirname(path), 'quayside-agent.service'),
  }
}

function describe({ host, findings }: InstallPlan): readonly string[] {
  const { build, settings, privileges } = host
  const how =
    privileges.model === 'same-user'
      ? 'the user of nginx, without other rights'
      : 'beside a root nginx master'
  return [
    `nginx ${build.version} with ${settings.nginx.mainConf}; the agent runs as ${privileges.user}, ${how}.`,
    findings.length === 0 ? 'Nothing on this host is in the way of releases.' : 'Before the first release:',
    ...findings.flatMap(showFinding),
  ]
}

function changes(
  { files, conf, state }: InstallPlan,
  settingsFile: string,
  whole: boolean,
): readonly string[] {
  const edited = conf.filter(({ inserted }) => inserted !== undefined)
  return [
    ...state.folders.map((path) => `  create ${path}/`),
    ...[...state.entries.keys()].map((path) => `  create ${path} (the entry file, without a release)`),
    ...[...files, ...conf].flatMap((change) => showChange(change, whole)),
    ...edited.map(({ path }) => `  keep ${path} as it was in ${backupPath(settingsFile, path)}`),
  ]
}

/** A settings file that is there is the operator's word. */
function ignored(flags: InstallFlags, { host }: InstallPlan): readonly string[] {
  const names = Object.keys(flags.members)
  if (host.existing === null || names.length === 0) return []
  return [`${flags.settingsFile} is there already: the flags ${names.join(', ')} change nothing.`]
}

function nextSteps({ missing, byHand, kept, host }: InstallPlan, settingsFile: string): readonly string[] {
  const filled = missing.map((name) => `  Fill in "${name}" in ${settingsFile}.`)
  const running =
    host.existing === null ? ['  systemctl daemon-reload && systemctl enable --now quayside-agent'] : []
  const steps = [...byHand.map((line) => `  By hand: ${line}`), ...filled, ...running]
  return [
    ...kept.map((path) => `Left as it is, because it was changed by hand: ${path}`),
    ...(steps.length === 0 ? [] : ['Next:', ...steps]),
  ]
}
