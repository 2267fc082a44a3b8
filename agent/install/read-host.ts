import { readFileSync } from 'node:fs'
import { QuaysideError } from '../../core/errors.ts'
import type { NginxBuild } from '../../core/install/build.ts'
import { type Placed, readConfig, type UnreadFile, unreadFiles } from '../../core/install/config-tree.ts'
import { hasStream } from '../../core/install/module-findings.ts'
import type { MainConf } from '../../core/install/place-include.ts'
import { choosePrivileges, type Privileges } from '../../core/install/privileges.ts'
import { isSkeleton, type Members } from '../../core/install/settings-file.ts'
import type { AgentSettings } from '../settings.ts'
import type { InstallFlags } from './flags.ts'
import { discover, readMembers, settingsForInstall } from './install-settings.ts'
import { type MasterProcess, readMaster } from './master.ts'
import { readBuild, readDump } from './read-nginx.ts'

/** A host as install finds it. */
export type HostReading = {
  /** Members of the settings file; null where there is none yet, or one that nobody has filled in. */
  readonly existing: Members | null
  /** The same, or what flags and nginx say. */
  readonly members: Members
  readonly settings: AgentSettings
  readonly build: NginxBuild
  readonly main: MainConf
  readonly config: readonly Placed[]
  readonly unread: readonly UnreadFile[]
  /** The running master; null where none runs. */
  readonly master: MasterProcess | null
  readonly privileges: Privileges
}

/** Changes nothing. Throws BINARY_MISSING, HOST_TEST_FAILED, SETTINGS_INVALID and INSTALL_REFUSED. */
export async function readHost(flags: InstallFlags): Promise<HostReading> {
  const found = readMembers(flags.settingsFile) ?? {}
  const existing = isSkeleton(found) ? null : found
  const given = existing ?? { ...found, ...flags.members }
  const { nginxBinary = 'nginx', nginxConf, nginxPrefix = null } = given
  const build = await readBuild(String(nginxBinary))
  const path = String(nginxConf ?? build.confPath)
  const prefix = nginxPrefix === null ? null : String(nginxPrefix)
  const dump = await readDump(String(nginxBinary), path, prefix)
  const unread = unreadFiles(dump)
  assertReadable(path, unread)
  const config = readConfig(dump, path)
  const members = existing ?? { ...discover(build, config, path), ...given }
  const keys = existing === null ? { publicKeyFiles: flags.keys } : {}
  const settings = settingsForInstall({ ...members, ...keys })
  assertStream(settings, build, config)
  const master = await readMaster(settings.nginx)
  const privileges = choosePrivileges({
    master,
    wantedModel: flags.model,
    wantedUser: flags.user,
  })
  const main = { path, text: readFileSync(path, 'utf8') }
  return { existing, members, settings, build, main, config, unread, master, privileges }
}

function assertReadable(mainConf: string, unread: readonly UnreadFile[]): void {
  const main = unread.find(({ path }) => path === mainConf)
  if (main === undefined) return
  const advice = 'move what nginx alone understands, as blocks of Lua, to a file that it includes'
  throw new QuaysideError(
    'INSTALL_REFUSED',
    `the main configuration can't be read here, so nothing was changed: ${main.reason}: ${advice}`,
  )
}

function assertStream({ entries }: AgentSettings, build: NginxBuild, config: readonly Placed[]): void {
  if (entries.stream === null || hasStream(build, config)) return
  const advice = 'load the module (load_module, or its package), or set "stream": false'
  throw new QuaysideError(
    'INSTALL_REFUSED',
    `the settings say "stream": true, and this nginx has no stream module loaded: ${advice}`,
  )
}
