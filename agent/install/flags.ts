import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { explain, QuaysideError } from '../../core/errors.ts'
import { defaultSettingsFile } from '../../core/install/drop-in.ts'
import type { Privileges } from '../../core/install/privileges.ts'
import type { Members } from '../../core/install/settings-file.ts'

export type InstallFlags = {
  /** Settings of the agent that were given by name. */
  readonly members: Members
  /** PEM files with public keys, as absolute paths. */
  readonly keys: readonly string[]
  readonly settingsFile: string
  readonly unitDir: string
  readonly user: string | null
  readonly model: Privileges['model'] | null
  /** Whether nginx's configuration is changed; else the lines are only told. */
  readonly edit: boolean
  readonly unit: boolean
  readonly dryRun: boolean
  readonly reload: boolean
  readonly purge: boolean
}

const texts = ['bucket', 'region', 'deployment', 'channel', 'hostId', 'nginxBinary'] as const
const paths = ['stateDir', 'nginxConf', 'nginxPrefix', 'nginxPid', 'nginxErrorLog'] as const
const ports = ['controlPort', 'streamControlPort', 'healthPort', 'statusPort', 'dnsPort'] as const

/** Lists in the settings, with commas on the command line. */
const lists = ['allowedPorts'] as const

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const

export const usage = `quayside-agent install [--dry-run] [--no-edit] [--no-unit] [--reload]
  what it reads:   ${texts.map((name) => `--${name}`).join(' ')} --key FILE (twice for a rotation)
                   ${ports.map((name) => `--${name}`).join(' ')} --stateDir
                   --allowedPorts 80,443 (where releases may listen; any port without it)
  where nginx is:  ${paths.slice(1).join(' ').replaceAll('nginx', '--nginx')}
  as whom:         --user NAME --model root-master|same-user
  where it writes: --settings FILE (${defaultSettingsFile}) --unitDir FOLDER (/etc/systemd/system)
quayside-agent uninstall [--dry-run] [--reload] [--purge] [--settings FILE]`

/** Reads the arguments of `install` and `uninstall`. Throws SETTINGS_INVALID with how it is used. */
export function readFlags(args: readonly string[], settingsFile: string | undefined): InstallFlags {
  const names = [...texts, ...paths, ...ports, ...lists]
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...(Object.fromEntries(names.map((name) => [name, text])) as Record<
          (typeof names)[number],
          typeof text
        >),
        ...{ key: { ...text, multiple: true }, settings: text, unitDir: text, user: text, model: text },
        ...{ 'dry-run': flag, 'no-edit': flag, 'no-unit': flag, reload: flag, purge: flag },
      },
    })
    const given = names.flatMap((name) => {
      const value = values[name]
      return value === undefined ? [] : [[name, typed(name, value)] as const]
    })
    return {
      members: Object.fromEntries(given),
      keys: (values.key ?? []).map((path) => resolve(path)),
      settingsFile: absolute(values.settings ?? settingsFile ?? defaultSettingsFile),
      unitDir: absolute(values.unitDir ?? '/etc/systemd/system'),
      user: values.user ?? null,
      model: modelOf(values.model),
      edit: !values['no-edit'],
      unit: !values['no-unit'],
      dryRun: values['dry-run'],
      reload: values.reload,
      purge: values.purge,
    }
  } catch (error) {
    throw new QuaysideError('SETTINGS_INVALID', `${explain(error)}\n${usage}`)
  }
}

/** Ports are numbers in the settings; whether they are good ones is checked with all other members. */
function typed(name: string, value: string): unknown {
  if (lists.some((list) => list === name)) return value.split(',').map(Number)
  if (ports.some((port) => port === name)) return /^\d+$/.test(value) ? Number(value) : value
  return paths.some((path) => path === name) ? absolute(value) : value
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path)
}

function modelOf(value: string | undefined): Privileges['model'] | null {
  if (value === undefined || value === 'root-master' || value === 'same-user') return value ?? null
  throw new Error(`--model ${value}: write root-master or same-user`)
}
