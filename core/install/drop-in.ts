import { contextOf, type Placed } from './config-tree.ts'
import { nodeFlags } from './node-flags.ts'
import { agentUser, type Privileges } from './privileges.ts'

/** How the agent's program is started. */
export type Program = { readonly node: string; readonly path: string }

export type DropInFacts = {
  readonly privileges: Privileges
  readonly program: Program
  readonly settingsFile: string
  readonly stateDir: string
  /** Folders in which "nginx -t" and the agent write. */
  readonly writes: readonly string[]
}

export const packagedProgram = '/usr/lib/quayside/quayside-agent.mjs'
export const defaultSettingsFile = '/etc/quayside/agent.json'
const defaultStateDir = '/var/lib/quayside'
const serviceFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin']

const head = '# Written by "quayside-agent install" for this host; "quayside-agent uninstall" removes it.'

/** Takes the place of a drop-in that is not needed any more. */
export const noDropIn = `${head}\n`

/** What of the unit differs on this host, as a systemd drop-in; null where nothing does. */
export function dropIn(facts: DropInFacts): string | null {
  const lines = [...identity(facts.privileges), ...start(facts), ...places(facts)]
  if (lines.length === 0) return null
  return `${[head, '[Service]', ...lines].join('\n')}\n`
}

/** An empty assignment takes back what the unit says. */
function identity({ model, user }: Privileges): readonly string[] {
  const names = user === agentUser ? [] : [`User=${user}`, 'Group=']
  if (model === 'root-master') return names
  const only = (name: string) => [`${name}=`, `${name}=CAP_NET_BIND_SERVICE`]
  return [
    ...names,
    '# nginx runs as the same user: no right but that to low ports, which "nginx -t" binds.',
    ...only('AmbientCapabilities'),
    ...only('CapabilityBoundingSet'),
  ]
}

function start({ program, settingsFile }: DropInFacts): readonly string[] {
  const usual = serviceFolders.includes(program.node.slice(0, program.node.lastIndexOf('/')))
  const node = usual ? '/usr/bin/env node' : quoted(program.node)
  const command = (flags: readonly string[]) => [node, ...flags, quoted(program.path)].join(' ')
  const lines =
    usual && program.path === packagedProgram
      ? []
      : [
          ...['ExecStart=', `ExecStart=${command(nodeFlags)}`],
          ...['ExecReload=', `ExecReload=${command([])} reload`],
        ]
  if (settingsFile === defaultSettingsFile) return lines
  return [...lines, `Environment=${quoted(`QUAYSIDE_AGENT_SETTINGS=${settingsFile}`)}`]
}

function places({ stateDir, writes }: DropInFacts): readonly string[] {
  const own = ['/var/log/nginx', defaultStateDir, stateDir]
  const covered = (path: string) => own.some((one) => path === one || path.startsWith(`${one}/`))
  const further = [...new Set(writes)].filter((path) => !covered(path)).sort()
  return [
    ...(stateDir === defaultStateDir ? [] : [`ReadWritePaths=${quoted(stateDir)}`]),
    // A minus sign: a folder that is not there doesn't keep the agent from starting.
    ...further.map((path) => `ReadWritePaths=${quoted(`-${path}`)}`),
  ]
}

function quoted(text: string): string {
  const escaped = text.replaceAll('%', '%%')
  return /[\s"'\\]/.test(escaped) ? `"${escaped.replace(/["\\]/g, '\\$&')}"` : escaped
}

/** The folders of all logs that the configuration names literally: "nginx -t" opens them for writing. */
export function logFolders(config: readonly Placed[]): readonly string[] {
  const paths = config
    .filter(({ directive: { name } }) => name === 'access_log' || name === 'error_log')
    .filter((one) => !contextOf(one).startsWith('mail'))
    .map(({ directive: { args } }) => args[0] ?? '')
    .filter((path) => path.startsWith('/') && !path.startsWith('/dev/') && !path.includes('$'))
  return [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))]
}
