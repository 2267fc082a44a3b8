import { openReleases } from '../../../adapters/releases.ts'
import { repinned } from '../../../core/publish/pinning.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { editChannel } from '../edit-channel.ts'
import { openS3 } from '../release-bucket.ts'
import { openSigner } from '../signing.ts'
import { unpinHelp } from './help.ts'
import { parseUnpin } from './options.ts'
import { shortId } from './report.ts'

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { bucket, channel, signing, json } = parseUnpin(args, terminal)
  const s3 = openS3()
  try {
    const releases = openReleases(s3, bucket, terminal.now)
    const edited = await editChannel(
      { releases, channel, openSigner: (deployment) => openSigner(signing, deployment, terminal) },
      async ({ pointer }) =>
        pointer.pin === null ? null : { pointer: repinned(pointer, null, null, terminal.now()), blobs: [] },
    )
    if (json) {
      const outcome = edited === null ? 'nothing' : 'unpinned'
      const generation = edited?.after.generation ?? null
      terminal.out(JSON.stringify({ outcome, generation, pin: edited?.before.pointer.pin ?? null }))
    } else if (edited === null) terminal.out(`channel ${channel} is not pinned`)
    else {
      const { layout = '', reason = '' } = edited.before.pointer.pin ?? {}
      const next = edited.after.promoted === undefined ? 'newest' : 'promoted'
      terminal.out(`channel ${channel} is no longer pinned to layout ${shortId(layout)} (${reason})
generation ${edited.after.generation}; the ${next} layout follows when the publisher sees it, within seconds while it runs`)
    }
    return 0
  } finally {
    s3.destroy()
  }
}

export const unpin: Command = {
  name: 'unpin',
  summary: 'let the newest layout come into force again',
  help: unpinHelp,
  run,
}
