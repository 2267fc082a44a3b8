import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { QuaysideError } from '../../core/errors.ts'
import { dropIn, logFolders, noDropIn, type Program } from '../../core/install/drop-in.ts'
import type { Wish } from '../../core/install/plan.ts'
import { type Members, settingsFile } from '../../core/install/settings-file.ts'
import type { InstallFlags } from './flags.ts'
import type { HostReading } from './read-host.ts'
import { readOrNull } from './read-or-null.ts'

/** How the program that runs was started, and where the unit file beside it is. */
export type Installer = { readonly program: Program; readonly unitFile: string }

const unitName = 'quayside-agent.service'
/** Where packages put units; what is there is the package's business. */
const packagedUnits = ['/usr/lib/systemd/system', '/lib/systemd/system']

/** The files of Quayside outside of nginx's configuration and of the state directory, and the settings as they will be. */
export function ownFiles(
  flags: InstallFlags,
  host: HostReading,
  installer: Installer,
): { readonly wishes: readonly Wish[]; readonly members: Members } {
  const unit = flags.unit ? unitFiles(flags, host, installer) : []
  if (host.existing !== null) return { wishes: unit, members: host.existing }
  const keys = flags.keys.map((path, i) => keyFile(flags, path, i))
  const members = { ...host.members, publicKeyFiles: keys.map(({ path }) => path) }
  const settings: Wish = {
    path: flags.settingsFile,
    text: settingsFile(members),
    mode: 0o644,
    what: "the agent's settings",
    renewed: false,
    // Only a file that nobody has filled in yet gets here.
    replaces: readOrNull(flags.settingsFile) ?? '',
  }
  return { wishes: [...keys, settings, ...unit], members }
}

/** Keys are copied: the unit hides home directories from the agent. */
function keyFile({ settingsFile }: InstallFlags, source: string, i: number): Wish {
  return {
    path: join(dirname(settingsFile), `channel-key-${i + 1}.pem`),
    text: readFileSync(source, 'utf8'),
    mode: 0o644,
    what: `the public key from ${source}`,
    renewed: false,
  }
}

function unitFiles(
  flags: InstallFlags,
  host: HostReading,
  { program, unitFile }: Installer,
): readonly Wish[] {
  const { settings, privileges, config } = host
  const isPackaged = packagedUnits.some((folder) => existsSync(join(folder, unitName)))
  const { stateDir, entries, nginx } = settings
  const entryFolders = [entries.http, entries.stream].flatMap((path) =>
    path === null ? [] : [dirname(path)],
  )
  const writes = [...logFolders(config), dirname(nginx.errorLog), ...entryFolders]
  const path = join(flags.unitDir, `${unitName}.d`, '10-quayside-host.conf')
  const differs = dropIn({ privileges, program, settingsFile: flags.settingsFile, stateDir, writes })
  // An earlier install may have needed one.
  const text = differs ?? (readOrNull(path) === null ? null : noDropIn)
  const what = 'what the unit needs on this host'
  return [
    ...(isPackaged ? [] : [unitWish(flags, unitFile)]),
    ...(text === null ? [] : [{ path, text, mode: 0o644, what, renewed: true }]),
  ]
}

function unitWish({ unitDir }: InstallFlags, source: string): Wish {
  const text = readOrNull(source)
  if (text === null)
    throw new QuaysideError(
      'INSTALL_REFUSED',
      `${source} is missing: it belongs beside the program; copy it there, or go without a unit by --no-unit`,
    )
  return { path: join(unitDir, unitName), text, mode: 0o644, what: 'the systemd unit', renewed: true }
}
