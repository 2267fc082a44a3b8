import type { Rotten } from '../../../core/publish/pinning.ts'
import type { Pointer } from '../../../core/release/channel.ts'
import type { PinRecord } from './set-pin.ts'

const shownMost = 10

/** How ids stand in tables and sentences: as much as `--to` takes. */
export function shortId(id: string): string {
  return id.slice(0, 12)
}

export function describePin(record: PinRecord, { pin, channel, generation }: Pointer): string {
  const { outcome, layout, endpoints, notes } = record
  const sources = Object.values(endpoints?.sources ?? {})
  const servers = sources.reduce((sum, list) => sum + list.length, 0)
  const live = pin?.frozen ? 'with its addresses of then' : 'with the addresses of now'
  const heads = {
    moved: `is on layout ${shortId(layout)} ${live}: ${sources.length} services, ${servers} servers`,
    stays: `stays on layout ${shortId(layout)}${pin?.frozen ? ', addresses too' : ''}`,
    waits: `goes to layout ${shortId(layout)} when the publisher sees the pin, within seconds while it runs`,
    declined: 'is as it was',
  }
  const waits = outcome === 'waits' ? whyItWaits(notes) : []
  const missing = outcome === 'moved' && notes.uncovered.length > 0 ? [missingLine(notes)] : []
  return [
    `channel ${channel} ${heads[outcome]}`,
    `generation ${generation}; new settings wait until quayside unpin`,
    ...waits,
    ...missing,
  ].join('\n')
}

function whyItWaits({ dark, uncovered, unrendered }: PinRecord['notes']): readonly string[] {
  const files = unrendered.length > 0 ? [`only it can render ${unrendered.join(', ')}`] : []
  const now = unrendered.length > 0 ? '' : '; --now moves at once all the same'
  const empty =
    dark.length > 0
      ? [`the endpoints in force lack ${uncovered.join(', ')}, and ${dark.length} upstreams would be empty`]
      : []
  const frozen = files.length + empty.length === 0 ? ['the addresses in force are frozen ones'] : []
  return [`Not at once: ${[...files, ...empty, ...frozen].join('; ')}${now}.`]
}

function missingLine({ uncovered, dark }: PinRecord['notes']): string {
  const until = dark.length > 0 ? `, and ${dark.length} upstreams answer 503 until then` : ''
  return `The publisher adds the servers of ${uncovered.join(', ')} when it sees the pin${until}.`
}

/** What a person is shown before addresses of another day come into force. */
export function describeRotten(layout: string, rotten: readonly Rotten[]): string {
  if (rotten.length === 0) return `Every address of layout ${shortId(layout)} then is in force now too.`
  const lines = rotten
    .slice(0, shownMost)
    .map(({ source, server, now }) => `  ${server} of ${source}${now === null ? '' : `: now of ${now}`}`)
  const more = rotten.length > shownMost ? [`  and ${rotten.length - shownMost} more`] : []
  const head = `${rotten.length} addresses would get traffic though no task is known there any more:`
  return [head, ...lines, ...more].join('\n')
}
