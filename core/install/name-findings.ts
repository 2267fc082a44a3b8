import { allowedDirectives } from '../render/allowed-directives.ts'
import { contextOf, type Placed, placeOf } from './config-tree.ts'
import type { Finding } from './finding.ts'

/** Names that belong to Quayside, and directives that nginx takes once only and that releases may hold. */
export function nameFindings(config: readonly Placed[]): readonly Finding[] {
  return [...config.flatMap(takenNames), ...config.flatMap(onlyOnce)]
}

/** By directive, which argument names something new; what merely uses a name of ours, as `access_log` does, is welcome. */
const naming: Readonly<Record<string, number>> = {
  log_format: 0,
  upstream: 0,
  map: 1,
  split_clients: 1,
  geo: 0,
  set: 0,
  limit_req_zone: 1,
  limit_conn_zone: 1,
  zone: 0,
  proxy_cache_path: 1,
  ssl_session_cache: 0,
}

function takenNames(one: Placed): readonly Finding[] {
  const { name, args } = one.directive
  const from = naming[name]
  const found =
    from === undefined
      ? undefined
      : args
          .slice(from)
          .flatMap((arg) => /^(?:\$|zone=|keys_zone=|shared:)?(quayside_\w*)/.exec(arg)?.[1] ?? [])[0]
  if (found === undefined) return []
  return [
    {
      level: 'stop',
      what: `"${name} … ${found}" at ${placeOf(one)}: names that begin with quayside_ are those of releases`,
      todo: 'Give it another name.',
    },
  ]
}

/** What templates write into the http context itself, and nginx doesn't take twice. */
const releaseDirectives = new Set(
  (allowedDirectives.http ?? []).filter((name) => !name.endsWith('{}') && name !== 'log_format'),
)

function onlyOnce(one: Placed): readonly Finding[] {
  const { name } = one.directive
  if (contextOf(one) !== 'http' || !releaseDirectives.has(name)) return []
  return [
    {
      level: 'stop',
      what: `${name} at ${placeOf(one)}: a release with long or many names sets it too, and nginx refuses it twice`,
      todo: 'Remove the line: releases compute the size that all their names need.',
    },
  ]
}
