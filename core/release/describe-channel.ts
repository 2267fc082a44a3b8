import { type Pin, type Pointer, releaseId, type Soak } from './channel.ts'

/** What people want to know of a channel, in lines of `name: value`. */
export function describeChannel(pointer: Pointer, nowMs: number): readonly string[] {
  const { deployment, channel, generation, layout, previousLayout, endpoints, pin, created, expires } =
    pointer
  const stale = nowMs > Date.parse(expires)
  return [
    `channel: ${channel} of deployment ${deployment}`,
    `release: ${releaseId(pointer)}`,
    `generation: ${generation}`,
    `layout: ${layout.sha256}`,
    `previous layout: ${previousLayout?.sha256 ?? 'none'}`,
    `endpoints: ${endpoints.sha256}`,
    `pinned: ${pin === null ? 'no' : describePin(pin)}`,
    ...describeTrial(pointer),
    `signed: ${created}`,
    `expires: ${expires}${stale ? ' - STALE: no publisher has signed it since' : ''}`,
  ]
}

/** How a layout came to be promoted, or how it does on the canary channel; nothing for a channel without a canary. */
export function describeTrial({ promoted, soak }: Pick<Pointer, 'promoted' | 'soak'>): readonly string[] {
  return [
    ...(promoted === undefined
      ? []
      : [`promoted: ${promoted.layout} from ${promoted.from} by ${promoted.by} at ${promoted.at}`]),
    ...(soak === undefined ? [] : [`on trial since: ${soak.since}${refusalOf(soak)}`]),
  ]
}

function refusalOf({ failed }: Soak): string {
  if (failed === null) return ''
  return ` - REFUSED by ${failed.host} at ${failed.at} (${failed.reason}): it is not promoted by itself`
}

function describePin({ layout, reason, frozen, at, by }: Pin): string {
  const who = [by === undefined ? '' : ` by ${by}`, at === undefined ? '' : ` at ${at}`].join('')
  return `${frozen ? 'frozen ' : ''}to ${layout} (${reason})${who}`
}
