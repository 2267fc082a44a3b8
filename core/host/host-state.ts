import type { Ref, VolatileRef } from '../release/channel.ts'
import { readDigest, readRef } from '../release/digest.ts'
import { readVolatileRef } from '../release/parse-pointer.ts'
import {
  readInteger,
  readJson,
  readList,
  readNullable,
  readObject,
  readSchema,
  readText,
} from '../release/read.ts'
import type { ZoneSizes } from '../render/zone-sizes.ts'
import type { BadMark } from './bad-marks.ts'

/** What a configuration with names that nginx resolves is beside its files. */
export type Resolved = {
  /** What it is without its seeds: addresses that leave this as it is need no reload. */
  readonly configId: string
  /** The endpoints that its seeds were made of. */
  readonly seeds: Ref
  readonly zones: ZoneSizes
}

/** A configuration that this host has on disk, and what it was made of. */
export type Installed = {
  /** What its entry files answer, and how its directory is called. */
  readonly configId: string
  readonly releaseId: string
  readonly generation: number
  readonly layout: Ref
  readonly endpoints: Ref
  readonly volatile: readonly VolatileRef[]
  /** Absent where all its upstreams are static. `endpoints` are then what DNS says, which may be newer than the seeds. */
  readonly resolved?: Resolved
}

/** What settings nginx runs, whatever its seeds are: hosts with the same content in the same mode have the same. */
export function configIdOf({ configId, resolved }: Installed): string {
  return resolved?.configId ?? configId
}

/** What a host must remember across a crash. It is written only after a pointer was verified. */
export type HostState = {
  readonly schema: 1
  readonly deployment: string
  readonly channel: string
  /** The highest generation that was accepted, and the digest of what it said. */
  readonly generation: number
  readonly pointer: string
  /** nginx was seen serving it. */
  readonly confirmed: Installed | null
  /** The one confirmed before, kept for the way back. */
  readonly previous: Installed | null
  /** The entry files name it, and nobody has seen nginx serve it yet. */
  readonly pending: Installed | null
  /** The DNS server gives its addresses, and nginx hasn't had the time to take them up; absent for none. */
  readonly following?: Installed | null
  readonly bad: readonly BadMark[]
  /** The content of the confirmed release's certificate files that nginx has loaded; null where it has none, or nobody saw it. */
  readonly certificates: string | null
}

export function emptyState(deployment: string, channel: string): HostState {
  const nothing = { confirmed: null, previous: null, pending: null, bad: [], certificates: null }
  return { schema: 1, deployment, channel, generation: 0, pointer: '', ...nothing }
}

/** Reads a state file. Throws RELEASE_INVALID where it is malformed; the caller then begins anew from the entry files. */
export function parseState(content: string): HostState {
  const at = 'state'
  const members = readObject(readJson(content, at), at)
  const text = (key: string) => readText(members[key], `${at}.${key}`, /^[\x20-\x7e]{0,200}$/, 'a text')
  const installed = (key: string) => readNullable(members[key], `${at}.${key}`, readInstalled)
  return {
    schema: readSchema(members.schema, `${at}.schema`),
    deployment: text('deployment'),
    channel: text('channel'),
    generation: readInteger(members.generation, `${at}.generation`, 0, Number.MAX_SAFE_INTEGER),
    pointer: text('pointer'),
    confirmed: installed('confirmed'),
    previous: installed('previous'),
    pending: installed('pending'),
    ...(members.following === undefined ? {} : { following: installed('following') }),
    bad: readList(members.bad, `${at}.bad`, readBadMark),
    certificates: readNullable(members.certificates, `${at}.certificates`, readDigest),
  }
}

/** Reads what `release.json` of a staged directory and the state file hold of one configuration. */
export function readInstalled(value: unknown, where: string): Installed {
  const members = readObject(value, where)
  return {
    configId: readDigest(members.configId, `${where}.configId`),
    releaseId: readDigest(members.releaseId, `${where}.releaseId`),
    generation: readInteger(members.generation, `${where}.generation`, 0, Number.MAX_SAFE_INTEGER),
    layout: readRef(members.layout, `${where}.layout`),
    endpoints: readRef(members.endpoints, `${where}.endpoints`),
    volatile: readList(members.volatile, `${where}.volatile`, readVolatileRef),
    ...(members.resolved === undefined
      ? {}
      : { resolved: readResolved(members.resolved, `${where}.resolved`) }),
  }
}

function readResolved(value: unknown, where: string): Resolved {
  const members = readObject(value, where)
  const zones = Object.entries(readObject(members.zones, `${where}.zones`))
  return {
    configId: readDigest(members.configId, `${where}.configId`),
    seeds: readRef(members.seeds, `${where}.seeds`),
    zones: Object.fromEntries(
      zones.map(([zone, size]) => [zone, readInteger(size, `${where}.zones.${zone}`, 1, 1_048_576)]),
    ),
  }
}

function readBadMark(value: unknown, where: string): BadMark {
  const members = readObject(value, where)
  const count = (key: string) => readInteger(members[key], `${where}.${key}`, 0, Number.MAX_SAFE_INTEGER)
  const text = (key: string) => readText(members[key], `${where}.${key}`, /^[\s\S]{0,2000}$/, 'a text')
  return {
    id: readDigest(members.id, `${where}.id`),
    failures: count('failures'),
    retryAt: count('retryAt'),
    host: text('host'),
    step: text('step') as BadMark['step'],
    reason: text('reason'),
  }
}
