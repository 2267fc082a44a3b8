import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { listensOf } from '../../core/install/listens.ts'
import type { Privileges } from '../../core/install/privileges.ts'
import type { HostFacts, OwnPlaces } from '../../core/install/survey.ts'
import { foldersOf } from '../folders.ts'
import type { AgentSettings } from '../settings.ts'
import { readUsers, type User } from './passwd.ts'
import { takenPorts } from './ports.ts'
import type { HostReading } from './read-host.ts'

/** Looks at the host. What the agent's own files say is no fact about the operator's configuration. */
export async function gatherFacts({
  settings,
  build,
  config,
  unread,
  privileges,
  master,
}: HostReading): Promise<HostFacts> {
  const own = ownPlaces(settings)
  const listened = listensOf(config).map(({ port }) => port)
  // Where an agent runs these are its own.
  const running = existsSync(foldersOf(settings.stateDir).socket) ? ['statusPort', 'dnsPort'] : []
  const ports = own.ports.filter(({ member }) => !running.includes(member)).map(({ port }) => port)
  const asked = [...ports, ...own.releasePorts]
  const foreign = config.filter(({ file }) => !isOurs(settings, file))
  const user = (await readUsers()).find(({ name }) => name === privileges.user)
  return {
    build,
    config: foreign,
    listens: listensOf(foreign),
    unread,
    takenPorts: await takenPorts(asked.filter((port) => !listened.includes(port))),
    masterTitle: master?.title ?? null,
    agentUser: { name: privileges.user, exists: user !== undefined },
    errorLogReadable: await isReadable(settings.nginx.errorLog, privileges, user),
    confinement: await readConfinement(),
  }
}

/** Ports and paths of Quayside by the settings; releases without a list are expected on those of the web. */
export function ownPlaces(settings: AgentSettings): OwnPlaces {
  const { control, healthPort, statusPort, dnsPort, allowedPorts, listens, nginx } = settings
  const stated = allowedPorts ?? [80, 443]
  const releasePorts = stated.map((port) => Number(listens[port]?.split(':').at(-1) ?? port))
  const members = {
    controlPort: control.http,
    streamControlPort: control.stream,
    healthPort,
    statusPort,
    dnsPort,
  }
  const ports = Object.entries(members).flatMap(([member, port]) => (port === null ? [] : [{ member, port }]))
  return { ports, releasePorts, mainConf: nginx.mainConf, pidFile: nginx.pidFile, errorLog: nginx.errorLog }
}

function isOurs({ stateDir, entries }: AgentSettings, file: string): boolean {
  return file.startsWith(`${stateDir}/`) || file === entries.http || file === entries.stream
}

/** With CAP_DAC_OVERRIDE everything is readable; else owner and mode decide. Null where there is no log yet. */
async function isReadable(
  path: string,
  { model }: Privileges,
  user: User | undefined,
): Promise<boolean | null> {
  if (model === 'root-master' || user === undefined || user.uid === 0) return true
  const found = await stat(path).catch(() => null)
  if (found === null) return null
  if (found.uid === user.uid) return (found.mode & 0o400) !== 0
  return found.gid === user.gid ? (found.mode & 0o040) !== 0 : (found.mode & 0o004) !== 0
}

async function readConfinement(): Promise<HostFacts['confinement']> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const [selinux, apparmor] = await Promise.all([
    read('/sys/fs/selinux/enforce'),
    read('/sys/kernel/security/apparmor/profiles'),
  ])
  return [
    ...(selinux.trim() === '1' ? (['SELinux'] as const) : []),
    ...(/nginx.*\(enforce\)/.test(apparmor) ? (['AppArmor'] as const) : []),
  ]
}
