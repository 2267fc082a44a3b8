import { openReleases } from '../../../adapters/releases.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { refOf } from '../../../core/publish/compose.ts'
import {
  type Forgotten,
  forget as forgetIn,
  hasServers,
  meantBy,
  placesOf,
} from '../../../core/publish/forget.ts'
import { repinned } from '../../../core/publish/pinning.ts'
import { storeState } from '../../../core/publish/stored-state.ts'
import type { Opened } from '../../../functions/publish/channel.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { type Edit, editChannel, readPointer } from '../edit-channel.ts'
import { readWordAndFlags } from '../flags.ts'
import { bucketFlags, bucketHelp, openS3, placeOf } from '../release-bucket.ts'
import { openSigner, signingFlags, signingHelp } from '../signing.ts'
import { UsageError } from '../usage-error.ts'

const help = `Usage: quayside forget <service>|<host> [options]

Drops the routes that are remembered of a service that has vanished, before the
24 hours are over for which its place answers 503 and is kept from others. A
service that still has servers is refused. By a host it forgets whoever has a
place there without having any server.

${bucketHelp}
${signingHelp}
  --json                 one JSON record on stdout
  --help                 this text

Rewrites what the publisher remembers, by compare-and-set; a running publisher
reads it within seconds. One that is still registered in Consul, or whose labels
come back, gets its routes again like any new service.

  npx quayside forget old-shop --bucket releases-0123
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const kinds = { ...bucketFlags, ...signingFlags, json: 'switch' } as const
  const { word, flags } = readWordAndFlags(args, kinds, 'service or host')
  if (word === null) throw new UsageError('A service or a host is needed: quayside forget <service>|<host>.')
  const { bucket, channel } = placeOf(flags, terminal)
  const s3 = openS3()
  try {
    const releases = openReleases(s3, bucket, terminal.now)
    // With a canary it is the canary's memory that the publisher goes on from.
    const { pointer } = (await readPointer(releases, channel)).read
    const holder = pointer.promoted?.from ?? channel
    let forgotten: readonly Forgotten[] = []
    const edited = await editChannel(
      { releases, channel: holder, openSigner: (deployment) => openSigner(flags, deployment, terminal) },
      async (opened) => {
        forgotten = whatToForget(word, opened)
        return forgotten.length === 0 ? null : editOf(opened, forgotten, terminal.now())
      },
    )
    const generation = edited?.after.generation ?? null
    const outcome = edited === null ? 'nothing' : 'forgotten'
    terminal.out(flags.json ? JSON.stringify({ outcome, generation, forgotten }) : describe(word, forgotten))
    return 0
  } finally {
    s3.destroy()
  }
}

/** Throws RELEASE_INVALID for a service that takes traffic. */
function whatToForget(word: string, { state, endpoints }: Opened): readonly Forgotten[] {
  const sources = meantBy(word, state.routing, endpoints)
  const alive = sources.find((source) => hasServers(source, endpoints))
  if (alive === undefined)
    return sources.map((source) => ({ source, places: placesOf(source, state.routing) }))
  throw new QuaysideError(
    'RELEASE_INVALID',
    `${alive} has servers in force, so it hasn't vanished; nothing was forgotten. Remove its labels or stop its tasks first.`,
  )
}

function editOf({ pointer, state, stateParts }: Opened, forgotten: readonly Forgotten[], now: number): Edit {
  const sources = new Set(forgotten.map(({ source }) => source))
  const { root, parts } = storeState({ ...state, routing: forgetIn(state.routing, sources) })
  const blobs = [root, ...[...parts].flatMap(([digest, text]) => (stateParts.has(digest) ? [] : text))]
  return { pointer: { ...repinned(pointer, pointer.pin, null, now), state: refOf(root) }, blobs }
}

function describe(word: string, forgotten: readonly Forgotten[]): string {
  if (forgotten.length === 0) return `Nothing is remembered of ${word}.`
  const lines = forgotten.flatMap(({ source, places }) => [
    `forgotten: ${source}`,
    ...places.map((place) => `  ${place}`),
  ])
  return [...lines, 'The publisher goes on without them when it sees it, within seconds while it runs.'].join(
    '\n',
  )
}

export const forget: Command = {
  name: 'forget',
  summary: 'drop the remembered routes of a vanished service',
  help,
  run,
}
