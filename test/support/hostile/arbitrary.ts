import fc from 'fast-check'
import { routeWords } from '../../../core/route/keys.ts'
import { hostileFields } from './fields.ts'
import { type RawEntry, type RawService, rawService, withMeta, withService, withTags } from './raw-catalog.ts'
import { hostileValues } from './values.ts'

const hostileValue = fc.oneof(
  fc.constantFrom(...hostileValues),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.stringMatching(/^[/a-z0-9 ;{}$"'\\#\n]{1,12}$/),
)

/** Values that are right for some word, so that what is hostile meets what is in force. */
const decent = fc.constantFrom(
  ...[
    'a.test',
    'b.test',
    '*.test',
    'shop.test',
    'rpc.test',
    '/',
    '/a',
    '/a/b',
    '/a/',
    'true',
    'false',
    'exact',
  ],
  ...[
    'http',
    'https',
    'grpc',
    'tcp',
    'udp',
    'ip_hash',
    'hash_uri',
    'random_two',
    '0',
    '1',
    '50',
    '8080',
    '8443',
  ],
  ...['5s', '500ms', '10m', 'only', 'off', 'redirect', '10.0.0.0/8', 'fd00::/8', 'team', 'site'],
)

const planting = fc.tuple(fc.constantFrom(...hostileFields), hostileValue)
const label = fc.tuple(
  fc.constantFrom('nginx-', 'nginx-route-x-', 'nginx-route-y-'),
  fc.constantFrom(...routeWords),
  decent,
)

/** Few keys, so that tags contradict each other. */
const tag = fc
  .tuple(fc.constantFrom('route.z.host', 'route.z.path', 'weight', 'group'), decent)
  .map(([key, value]) => `nginx.${key}=${value}`)

/** A service with one to three instances, some labels and some hostile values, of which it may have none. */
function hostileService(name: string): fc.Arbitrary<RawService> {
  const cluster = fc.constantFrom('main', 'team')
  const states = fc.array(fc.constantFrom('passing', 'critical', 'warning'), { minLength: 1, maxLength: 3 })
  const labels = fc.array(label, { maxLength: 6 })
  const tags = fc.array(tag, { maxLength: 4 })
  const plantings = fc.array(planting, { maxLength: 4 })
  return fc
    .tuple(cluster, states, labels, tags, plantings)
    .map(([cluster, states, labels, tags, plantings]) => {
      const addresses = states.map((_, at) => `10.${name.length}.${name.charCodeAt(4)}.${at % 2}`)
      const plain = rawService(name, { 'nginx-host': `${name}.test` }, { cluster, addresses })
      const entries = plain.entries.map((entry, at) =>
        withTags(stating(inState(entry, states[at]!), labels), ...tags),
      )
      return plantings.reduce<RawService>((service, [field, value]) => field.plant(service, value), {
        name,
        entries,
      })
    })
}

/** Up to four hostile services with names of their own. */
export const hostileServices: fc.Arbitrary<readonly RawService[]> = fc
  .subarray(['evila', 'evilb', 'evilc', 'evild'], { minLength: 1 })
  .chain((names) => fc.tuple(...names.map(hostileService)))

function inState(entry: RawEntry, Status: string): RawEntry {
  return { ...entry, Checks: entry.Checks.map((check) => ({ ...(check as object), Status })) }
}

function stating(entry: RawEntry, labels: readonly (readonly [string, string, string])[]): RawEntry {
  return labels.reduce((result, [front, word, value]) => withMeta(result, `${front}${word}`, value), entry)
}

/** The same catalog in another order of everything that Consul has in no order; the same seed gives the same order. */
export function reordered(catalog: readonly RawService[], seed: number): readonly RawService[] {
  const shuffle = shuffler(seed)
  const ofMembers = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(shuffle(Object.entries(value)))
      : value
  return shuffle(catalog).map(({ name, entries }) => ({
    name,
    entries: shuffle(entries).map((entry) => {
      const { Tags, Meta } = entry.Service
      const tags = Array.isArray(Tags) ? shuffle(Tags) : Tags
      const checks = Array.isArray(entry.Checks) ? shuffle(entry.Checks) : entry.Checks
      return { ...withService(entry, { Tags: tags, Meta: ofMembers(Meta) }), Checks: checks }
    }),
  }))
}

function shuffler(seed: number): <T>(items: readonly T[]) => T[] {
  let state = seed >>> 0
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return (items) => {
    const result = [...items]
    for (let at = result.length - 1; at > 0; at -= 1) {
      const other = next(at + 1)
      ;[result[at], result[other]] = [result[other]!, result[at]!]
    }
    return result
  }
}
