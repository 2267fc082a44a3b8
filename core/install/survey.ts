import type { NginxBuild } from './build.ts'
import type { Placed, UnreadFile } from './config-tree.ts'
import { type Finding, sortFindings } from './finding.ts'
import { defaultServerFindings, ownPortFindings } from './listen-findings.ts'
import type { Listen } from './listens.ts'
import { logFindings } from './log-findings.ts'
import { moduleFindings } from './module-findings.ts'
import { nameFindings } from './name-findings.ts'
import { processFindings } from './process-findings.ts'

/** The ports and paths that Quayside uses on a host. */
export type OwnPlaces = {
  /** By the member of the agent's settings. */
  readonly ports: readonly { readonly member: string; readonly port: number }[]
  /** Where releases are expected to listen. */
  readonly releasePorts: readonly number[]
  readonly mainConf: string
  readonly pidFile: string
  readonly errorLog: string
}

/** What is known about a host. The configuration is the operator's: what the agent itself wrote is left out. */
export type HostFacts = {
  readonly build: NginxBuild
  readonly config: readonly Placed[]
  readonly listens: readonly Listen[]
  readonly unread: readonly UnreadFile[]
  /** Ports on which another program than this nginx listens. */
  readonly takenPorts: readonly number[]
  /** How the running master was started; null where none runs. */
  readonly masterTitle: string | null
  readonly agentUser: { readonly name: string; readonly exists: boolean }
  /** Whether the agent will be able to read the error log; null where there is none yet. */
  readonly errorLogReadable: boolean | null
  /** Mandatory access control that is in force and may know nginx: "SELinux" or "AppArmor". */
  readonly confinement: readonly ('SELinux' | 'AppArmor')[]
}

/** Everything about a host that an operator should know before the first release, the weightiest first. */
export function survey(facts: HostFacts, own: OwnPlaces): readonly Finding[] {
  return sortFindings([
    ...facts.unread.map(unreadFile),
    ...ownPortFindings(facts, own),
    ...defaultServerFindings(facts.listens, own.releasePorts),
    ...nameFindings(facts.config),
    ...moduleFindings(facts.build, facts.config),
    ...processFindings(facts, own),
    ...logFindings(facts, own),
  ])
}

function unreadFile({ path, reason }: UnreadFile): Finding {
  return {
    level: 'look',
    what: `${path} could not be read here, though nginx reads it: ${reason}`,
    todo: 'Look yourself whether it has servers on the ports of releases, or names that begin with quayside_.',
  }
}
