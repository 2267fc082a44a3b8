import { entryMeta } from '../../../core/catalog/entry.ts'
import { routeWords, serviceWords } from '../../../core/route/keys.ts'
import { aliasFields } from './alias-fields.ts'
import { type RawEntry, type RawService, withCheck, withMeta, withService, withTags } from './raw-catalog.ts'

/** A place that anybody who may register a service can write to. */
export type HostileField = {
  readonly name: string
  readonly plant: (service: RawService, value: unknown) => RawService
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

type PlantInEntry = (entry: RawEntry, value: unknown) => RawEntry

/** Labels are the same on every instance, or the majority's would count. */
function label(name: string, plant: PlantInEntry): HostileField {
  return { name, plant: (service, value) => withEntries(service, (entry) => plant(entry, value)) }
}

/** What belongs to one instance is planted in the first only. */
function instance(name: string, plant: PlantInEntry): HostileField {
  return {
    name,
    plant: (service, value) => withEntries(service, (entry, at) => (at === 0 ? plant(entry, value) : entry)),
  }
}

function withEntries(service: RawService, change: (entry: RawEntry, at: number) => RawEntry): RawService {
  return { ...service, entries: service.entries.map(change) }
}

const metaValue = (key: string) => label(`meta ${key}`, (entry, value) => withMeta(entry, key, value))

const metaKey = (name: string, keyOf: (value: string) => string) =>
  label(`meta key ${name}`, (entry, value) => withMeta(entry, keyOf(text(value)), 'web.test'))

const tag = (name: string, tagOf: (value: unknown) => unknown) =>
  label(`tag ${name}`, (entry, value) => withTags(entry, tagOf(value)))

const member = (part: 'Node' | 'Service', key: string) =>
  instance(`${part}.${key}`, (entry, value) =>
    part === 'Service'
      ? withService(entry, { [key]: value })
      : { ...entry, Node: { ...entry.Node, [key]: value } },
  )

const check = (key: string) =>
  instance(`check ${key}`, (entry, value) => withCheck(entry, { Status: 'critical', [key]: value }))

/** Every field of an answer of Consul that we read or that comes with it, and every word of a label, in all its spellings. */
export const hostileFields: readonly HostileField[] = [
  {
    name: 'service name',
    plant: (service, value) => ({
      name: `${service.name}${text(value)}`,
      entries: service.entries.map((entry) =>
        withService(entry, { Service: `${service.name}${text(value)}` }),
      ),
    }),
  },
  member('Service', 'Service'),
  member('Service', 'ID'),
  member('Service', 'Address'),
  member('Service', 'Port'),
  member('Service', 'Weights'),
  member('Service', 'Tags'),
  member('Service', 'Meta'),
  member('Service', 'TaggedAddresses'),
  member('Node', 'Node'),
  member('Node', 'Address'),
  member('Node', 'Datacenter'),
  member('Node', 'Meta'),
  instance('weight', (entry, value) => withService(entry, { Weights: { Passing: value, Warning: value } })),
  instance("the node's address alone", (entry, value) => {
    return withService({ ...entry, Node: { ...entry.Node, Address: value } }, { Address: '' })
  }),
  check('CheckID'),
  check('ServiceID'),
  check('Status'),
  check('Output'),
  instance('a second check', (entry, value) => ({ ...entry, Checks: [...entry.Checks, value] })),
  instance('all checks', (entry, value) => ({ ...entry, Checks: value as unknown[] })),
  ...Object.values(entryMeta).map(metaValue),
  ...[...routeWords, ...serviceWords].map((word) => metaValue(`nginx-${word}`)),
  ...routeWords.map((word) => metaValue(`nginx-route-b-${word}`)),
  ...routeWords.map((word) =>
    tag(`nginx.route.b.${word}`, (value) => `nginx.route.c.${word}=${text(value)}`),
  ),
  metaKey('itself', (value) => value),
  metaKey('after nginx-', (value) => `nginx-${value}`),
  metaKey('as a route id', (value) => `nginx-route-${value}-host`),
  metaKey('as a word of a route', (value) => `nginx-route-b-${value}`),
  tag('itself', (value) => value),
  tag('as a key', (value) => `nginx.${text(value)}=web.test`),
  tag('as a route id', (value) => `nginx.route.${text(value)}.host=web.test`),
  ...aliasFields,
]
