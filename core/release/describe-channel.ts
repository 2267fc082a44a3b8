import { type Pin, type Pointer, releaseId } from './channel.ts'

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
    `signed: ${created}`,
    `expires: ${expires}${stale ? ' - STALE: no publisher has signed it since' : ''}`,
  ]
}

function describePin({ layout, reason, frozen, at, by }: Pin): string {
  const who = [by === undefined ? '' : ` by ${by}`, at === undefined ? '' : ` at ${at}`].join('')
  return `${frozen ? 'frozen ' : ''}to ${layout} (${reason})${who}`
}
