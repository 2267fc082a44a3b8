import { capabilityOf, parseNginxVersion } from '../../core/host/nginx-version.ts'
import type { Finding } from '../../core/install/finding.ts'
import { placeInclude } from '../../core/install/place-include.ts'
import { type Change, type InstallRecord, planFiles } from '../../core/install/plan.ts'
import { planIncludes } from '../../core/install/plan-includes.ts'
import { missingMembers } from '../../core/install/settings-file.ts'
import { survey } from '../../core/install/survey.ts'
import { type EntryTexts, entryTexts } from '../entries.ts'
import type { InstallFlags } from './flags.ts'
import { type Installer, ownFiles } from './own-files.ts'
import { type HostReading, readHost } from './read-host.ts'
import { readOrNull } from './read-or-null.ts'
import { readRecord } from './record-file.ts'
import { planState, type StatePlan } from './state-dir.ts'
import { gatherFacts, ownPlaces } from './survey-host.ts'

/** Everything that install would do, and why; nothing was changed yet. */
export type InstallPlan = {
  readonly host: HostReading
  readonly findings: readonly Finding[]
  /** Files of our own outside of nginx's configuration and of the state directory. */
  readonly files: readonly Change[]
  /** What changes in nginx's configuration. */
  readonly conf: readonly Change[]
  /** Files that are not as install would write them, and that somebody else changed. */
  readonly kept: readonly string[]
  readonly state: StatePlan
  /** Entry files without a release, by their paths. */
  readonly entries: EntryTexts
  /** Those of them that nginx will read. */
  readonly included: readonly string[]
  /** What the operator has to do by hand. */
  readonly byHand: readonly string[]
  readonly record: InstallRecord
  /** Settings that are still to be filled in. */
  readonly missing: readonly string[]
}

/** Reads the host and decides. Throws BINARY_MISSING, HOST_TEST_FAILED, SETTINGS_INVALID and INSTALL_REFUSED. */
export async function planInstall(flags: InstallFlags, installer: Installer): Promise<InstallPlan> {
  const host = await readHost(flags)
  const { settings, build } = host
  const record = await readRecord(flags.settingsFile)
  const own = ownFiles(flags, host, installer)
  const files = planFiles(own.wishes, readOrNull, record)
  const version = parseNginxVersion(`nginx/${build.version}`) ?? [0, 0, 0]
  const entries = entryTexts(settings, capabilityOf(version), null)
  const conf = planConf(flags, host, record)
  return {
    ...{ host, record, ...conf },
    findings: survey(await gatherFacts(host), ownPlaces(settings)),
    files: files.changes,
    kept: [...files.kept, ...conf.kept],
    entries,
    state: await planState(settings, entries),
    missing: missingMembers(own.members),
  }
}

type ConfPlan = Pick<InstallPlan, 'conf' | 'included' | 'byHand' | 'kept'>

function planConf(
  flags: InstallFlags,
  { settings, main, config }: HostReading,
  record: InstallRecord,
): ConfPlan {
  const { http, stream } = settings.entries
  const wanted = [
    { context: 'http', entry: http },
    { context: 'stream', entry: stream },
  ] as const
  const places = wanted.flatMap(({ context, entry }) =>
    entry === null ? [] : [{ entry, placement: placeInclude(context, entry, main, config) }],
  )
  const placements = places.map(({ placement }) => placement)
  const { wishes, edit, byHand } = planIncludes(main, placements)
  const { changes, kept } = planFiles(wishes, readOrNull, record)
  const conf = [...changes, ...(edit === null ? [] : [edit])]
  if (!flags.edit) return { conf: [], included: [], kept, byHand: [...byHand, ...conf.flatMap(asAdvice)] }
  const included = places.filter(({ placement }) => placement.kind !== 'by-hand').map(({ entry }) => entry)
  return { conf, included, byHand, kept }
}

function asAdvice({ path, inserted, after }: Change): readonly string[] {
  return (inserted ?? [after]).map((lines) => `put into ${path}:\n${lines.trimEnd()}`)
}
