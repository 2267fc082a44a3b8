import type { PublishSettings } from '../settings/settings.ts'
import { checkTogether } from './check-route.ts'
import {
  duration,
  integer,
  list,
  oneOf,
  type Reader,
  readBoolean,
  readCookieName,
  readHost,
  readName,
  readNetwork,
  readPath,
  readPort,
  readSize,
} from './fields.ts'
import { readHsts } from './hsts.ts'
import { keyOf, type RouteLabels, type RouteWord } from './keys.ts'
import { readNextUpstream } from './next-upstream.ts'
import { type Problem, shorten } from './problem.ts'
import { readRedirect } from './redirect.ts'
import { balanceMethods, httpsModes, isStream, type Protocol, protocols, type Route } from './route.ts'

type RouteDefaults = Pick<PublishSettings, 'method' | 'keepalive' | 'defaultDomain'>
export type RouteReading = { readonly route: Route; readonly problems: readonly Problem[] }

const day = 24 * 3_600_000
const readStrip: Reader<string> = (text) =>
  text === 'true' || text === 'false' ? { value: text } : readPath(text)

/**
 * Three failures within 5 s set a server aside: one alone may be an idle connection that closed at the wrong moment, which must
 * not take the last live server out.
 */
const failureDefaults = { maxFails: 3, failTimeoutMs: 5_000 }

/** Below the 3 s after which a lost SYN is sent for the second time: a vanished address costs a request little. */
const connectTimeoutMs = 2_000

/** Reads one route. With any problem the route must not be used: the fields in question hold their defaults. */
export function readRoute(
  service: { readonly source: string; readonly name: string },
  { id, values }: RouteLabels,
  defaults: RouteDefaults,
): RouteReading {
  const problems: Problem[] = []
  const refuse = (word: RouteWord, expected: string) => {
    problems.push(invalid(service.source, keyOf(id, word), values[word] ?? '', expected))
  }
  const read = <T, F>(word: RouteWord, reader: Reader<T>, fallback: F): T | F => {
    const text = values[word]
    if (text === undefined) return fallback
    const reading = reader(text)
    if ('value' in reading) return reading.value
    refuse(word, reading.expected)
    return fallback
  }
  const protocol = read('proto', oneOf(...protocols), 'http')
  const route: Route = {
    id,
    hosts: isStream(protocol)
      ? []
      : read('host', list(readHost, 64), hostOf(service.name, defaults.defaultDomain)),
    ...readPlace(read),
    listen: read('listen', readPort, null),
    redirect: read('redirect', readRedirect, null),
    https: read('https', oneOf(...httpsModes), 'on'),
    certificate: read('cert', readName, null),
    group: read('group', readName, null),
    weight: read('weight', integer(0, 100), 100),
    pass: readPass(read, protocol),
    balance: readBalance(read, protocol, defaults),
  }
  // A field that was refused holds its default, which says nothing about the others.
  if (problems.length === 0) checkTogether(route, refuse)
  return { route, problems }
}

type Read = <T, F>(word: RouteWord, reader: Reader<T>, fallback: F) => T | F

function readPlace(read: Read): Pick<Route, 'path' | 'match' | 'strip' | 'rewrite'> {
  const match = read('path-type', oneOf('prefix', 'exact'), 'prefix')
  const stated = read('path', readPath, '/')
  const canonical = (text: string) => (match === 'prefix' ? withoutSlash(text) : text)
  const path = canonical(stated)
  const strip = read('strip', readStrip, 'false')
  const rewrite = read('rewrite', readPath, null)
  return {
    path,
    match,
    strip: strip === 'false' ? null : strip === 'true' ? path : withoutSlash(strip),
    rewrite: rewrite === null ? null : canonical(rewrite),
  }
}

function readPass(read: Read, protocol: Protocol): Route['pass'] {
  return {
    protocol,
    connectTimeoutMs: read('connect-timeout', duration(1, 75_000), connectTimeoutMs),
    readTimeoutMs: read('read-timeout', duration(1, day), null),
    sendTimeoutMs: read('send-timeout', duration(1, day), null),
    bodySize: read('body-size', readSize, null),
    websocket: read('websocket', readBoolean, true),
    buffering: read('buffering', oneOf('on', 'off'), 'on') === 'on',
    tries: read('tries', integer(1, 100), null),
    nextUpstream: read('next-upstream', readNextUpstream, null),
    hsts: read('hsts', readHsts, null),
    allow: read('allow', list(readNetwork, 64), []),
    deny: read('deny', list(readNetwork, 64), []),
  }
}

function readBalance(read: Read, protocol: Protocol, defaults: RouteDefaults): Route['balance'] {
  const maxConns = read('max-conns', integer(0, 65_535), 0)
  const sticky = read('sticky', readCookieName, null)
  return {
    method: read('lb', oneOf(...balanceMethods), defaults.method),
    keepalive: isStream(protocol) ? 0 : read('keepalive', integer(0, 10_000), defaults.keepalive),
    maxFails: read('max-fails', integer(0, 1_000), failureDefaults.maxFails),
    failTimeoutSeconds: Math.ceil(
      read('fail-timeout', duration(1_000, 3_600_000), failureDefaults.failTimeoutMs) / 1_000,
    ),
    // Absent rather than null, so that the upstreams of all others keep their names.
    ...(maxConns === 0 ? {} : { maxConns }),
    ...(sticky === null || isStream(protocol) ? {} : { sticky }),
  }
}

function hostOf(name: string, domain: string | null): readonly string[] {
  if (domain === null) return []
  const reading = readHost(`${name}.${domain}`)
  return 'value' in reading ? [reading.value] : []
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

export function invalid(service: string, key: string, value: string, expected: string): Problem {
  return {
    kind: 'invalid',
    effect: 'left-out',
    service,
    key,
    value: shorten(value),
    expected: shorten(expected),
  }
}
