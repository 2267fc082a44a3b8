import { readFileSync } from 'node:fs'
import { QuaysideError } from '../../core/errors.ts'
import type { NginxBuild } from '../../core/install/build.ts'
import type { Placed } from '../../core/install/config-tree.ts'
import { hasStream } from '../../core/install/module-findings.ts'
import { mainDirective } from '../../core/install/process-findings.ts'
import type { Members } from '../../core/install/settings-file.ts'
import { type AgentSettings, parseAgentSettings } from '../settings.ts'
import { readOrNull } from './read-or-null.ts'

/** Members of a settings file that is there; null where there is none. Throws SETTINGS_INVALID for one that holds no JSON object. */
export function readMembers(file: string): Members | null {
  const text = readOrNull(file)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
    throw new Error('it holds no JSON object')
  } catch (cause) {
    throw new QuaysideError('SETTINGS_INVALID', `the settings file ${file} can't be used`, { cause })
  }
}

/** What nginx's configuration says about itself, for a settings file that isn't there yet. */
export function discover(build: NginxBuild, config: readonly Placed[], nginxConf: string): Members {
  const stated = (name: string, otherwise: string) => {
    const path = mainDirective(config, name)?.directive.args[0] ?? otherwise
    return path.startsWith('/') || path.includes(':') || path === 'stderr' ? path : `${build.prefix}/${path}`
  }
  const errorLog = stated('error_log', build.errorLogPath)
  return {
    nginxConf,
    nginxPid: stated('pid', build.pidPath),
    ...(/^\/(?!dev\/|proc\/)/.test(errorLog) ? { nginxErrorLog: errorLog } : {}),
    stream: hasStream(build, config),
  }
}

/** Settings for taking an installation back: neither keys nor the bucket matter, and may be gone. */
export function settingsForUninstall(file: string): AgentSettings {
  const { publicKeyFiles: _, ...members } = readMembers(file) ?? {}
  return settingsForInstall(members)
}

/** Stand-ins for what only the bucket needs, so that a host can be prepared before anybody knows it. */
const notYet: Members = {
  bucket: 'not-known-yet',
  region: 'xx-none-1',
  deployment: 'not-known-yet',
}

/** Settings for what install does itself. Throws SETTINGS_INVALID for every member that has a wrong value. */
export function settingsForInstall(members: Members): AgentSettings {
  const keys = members.publicKeyFiles
  const hasKey = Array.isArray(keys) && keys.length > 0
  const known = Object.entries(members).filter(([, value]) => value !== '')
  const unsigned = hasKey ? {} : { allowUnsigned: true }
  return parseAgentSettings({ ...notYet, ...Object.fromEntries(known), ...unsigned }, (path) =>
    readFileSync(path, 'utf8'),
  )
}
