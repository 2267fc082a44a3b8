import type {
  Pin,
  Pointer,
  PointerSignature,
  Promoted,
  SignedPointer,
  Soak,
  SoakFailure,
  VolatileRef,
} from './channel.ts'
import { signedText } from './channel.ts'
import { readDigest, readRef } from './digest.ts'
import { filePath, readContext } from './parse-layout.ts'
import {
  readInteger,
  readJson,
  readList,
  readNullable,
  readObject,
  readSchema,
  readText,
  refuse,
} from './read.ts'

/** A pointer as it was read: well formed, not yet verified. `text` is what its signature must cover. */
export type ReadPointer = SignedPointer & { readonly text: string }

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const base64 = /^[A-Za-z0-9+/]{1,1000}={0,2}$/
const keyId = /^[0-9a-f]{16}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/**
 * Reads the object at `channels/<name>.json`. Throws RELEASE_INVALID where anything is missing or malformed, and
 * RELEASE_UNSUPPORTED for a newer format. Nothing in the result may be trusted before `verifyPointer`.
 */
export function parsePointer(content: string): ReadPointer {
  const { members, ...signed } = readSigned(content)
  return { pointer: readPointer(members), ...signed }
}

/**
 * The same, with the pointer's members as they come: which these are is a matter of the format's version, and that a signature covers all
 * of them is not.
 */
export function readSigned(content: string): Pick<ReadPointer, 'signature' | 'text'> & { members: unknown } {
  const whole = readObject(readJson(content, 'the channel pointer'), 'the channel pointer')
  return {
    signature: readSignature(whole.signature),
    text: signedText(whole.pointer),
    members: whole.pointer,
  }
}

function readPointer(value: unknown): Pointer {
  const at = 'pointer'
  const members = readObject(value, at)
  // First of all: what the others are in a newer format is not for this one to judge.
  const schema = readSchema(members.schema, `${at}.schema`)
  const upstreams = readObject(members.upstreams, `${at}.upstreams`)
  return {
    schema,
    deployment: readText(members.deployment, `${at}.deployment`, name, 'a deployment id'),
    channel: readText(members.channel, `${at}.channel`, name, 'a channel name'),
    generation: readInteger(members.generation, `${at}.generation`, 1, Number.MAX_SAFE_INTEGER),
    layout: readRef(members.layout, `${at}.layout`),
    previousLayout: readNullable(members.previousLayout, `${at}.previousLayout`, readRef),
    endpoints: readRef(members.endpoints, `${at}.endpoints`),
    upstreams: {
      http: readRef(upstreams.http, `${at}.upstreams.http`),
      stream: readRef(upstreams.stream, `${at}.upstreams.stream`),
    },
    volatile: readList(members.volatile, `${at}.volatile`, readVolatileRef),
    state: readRef(members.state, `${at}.state`),
    pin: readNullable(members.pin, `${at}.pin`, readPin),
    ...(members.promoted === undefined ? {} : { promoted: readPromoted(members.promoted, `${at}.promoted`) }),
    ...(members.soak === undefined ? {} : { soak: readSoak(members.soak, `${at}.soak`) }),
    created: readTime(members.created, `${at}.created`),
    expires: readTime(members.expires, `${at}.expires`),
  }
}

export function readVolatileRef(value: unknown, where: string): VolatileRef {
  const { path, context } = readObject(value, where)
  return {
    ...readRef(value, where),
    path: filePath(path, `${where}.path`),
    context: readContext(context, `${where}.context`),
  }
}

function readPin(value: unknown, where: string): Pin {
  const { layout, reason, frozen, at, by } = readObject(value, where)
  if (typeof frozen !== 'boolean') refuse(`${where}.frozen`, frozen, 'true or false')
  return {
    layout: readDigest(layout, `${where}.layout`),
    reason: readText(reason, `${where}.reason`, /^[\s\S]{0,500}$/, 'at most 500 characters'),
    frozen,
    ...(at === undefined ? {} : { at: readTime(at, `${where}.at`) }),
    ...(by === undefined
      ? {}
      : { by: readText(by, `${where}.by`, /^[\s\S]{0,200}$/, 'at most 200 characters') }),
  }
}

function readPromoted(value: unknown, where: string): Promoted {
  const { layout, at, by, from } = readObject(value, where)
  return {
    layout: readDigest(layout, `${where}.layout`),
    at: readTime(at, `${where}.at`),
    by: readText(by, `${where}.by`, /^[\s\S]{0,200}$/, 'at most 200 characters'),
    from: readText(from, `${where}.from`, name, 'a channel name'),
  }
}

function readSoak(value: unknown, where: string): Soak {
  const { since, failed } = readObject(value, where)
  return {
    since: readTime(since, `${where}.since`),
    failed: readNullable(failed, `${where}.failed`, readSoakFailure),
  }
}

function readSoakFailure(value: unknown, where: string): SoakFailure {
  const { host, at, reason } = readObject(value, where)
  return {
    host: readText(host, `${where}.host`, /^[\s\S]{0,200}$/, 'at most 200 characters'),
    at: readTime(at, `${where}.at`),
    reason: readText(reason, `${where}.reason`, /^[\s\S]{0,1000}$/, 'at most 1000 characters'),
  }
}

function readTime(value: unknown, where: string): string {
  const text = readText(value, where, time, 'a time in ISO 8601, UTC')
  if (Number.isNaN(Date.parse(text))) refuse(where, value, 'a time that exists')
  return text
}

function readSignature(value: unknown): PointerSignature {
  const members = readObject(value, 'signature')
  return {
    key: readText(members.key, 'signature.key', keyId, '16 hex digits'),
    value: readText(members.value, 'signature.value', base64, 'Base64'),
  }
}
