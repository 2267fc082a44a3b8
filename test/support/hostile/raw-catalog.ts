import { nodeName } from '../../../core/catalog/entry.ts'

/** One entry of `health/service/<name>` as it comes over the wire; any member may hold anything. */
export type RawEntry = {
  readonly Node: Readonly<Record<string, unknown>>
  readonly Service: Readonly<Record<string, unknown>>
  readonly Checks: readonly unknown[]
}

/** A service under the name that it was asked for. */
export type RawService = { readonly name: string; readonly entries: readonly RawEntry[] }

export type RawOptions = {
  readonly tags?: readonly string[]
  readonly cluster?: string
  /** Addresses, one per instance. */
  readonly addresses?: readonly string[]
}

/** A service of ours whose instances pass, on port 8000. */
export function rawService(
  name: string,
  meta: Readonly<Record<string, string>>,
  { tags = ['nginx'], cluster = 'main', addresses = ['10.0.0.1'] }: RawOptions = {},
): RawService {
  return { name, entries: addresses.map((address, at) => rawEntry(name, meta, tags, cluster, address, at)) }
}

function rawEntry(
  name: string,
  meta: Readonly<Record<string, string>>,
  tags: readonly string[],
  cluster: string,
  address: string,
  at: number,
): RawEntry {
  const id = `${name}-task${at}-app-8000`
  const key = { account: '111122223333', region: 'eu-west-1', cluster }
  const ours = {
    ...{ 'managed-by': 'quayside', registrar: 'test', ...key },
    ...{ revision: '1', 'task-id': `task${at}`, 'task-arn': `arn:aws:ecs:x:task${at}` },
  }
  const check = {
    CheckID: `${id}:ecs`,
    ServiceID: id,
    Status: 'passing',
    Output: 'passing: the task is running',
  }
  return {
    Node: { Node: nodeName(key), Address: '10.0.0.254', Datacenter: 'dc1', Meta: {} },
    Service: {
      ...{ ID: id, Service: name, Address: address, Port: 8000, Tags: tags, Meta: { ...ours, ...meta } },
      Weights: { Passing: 1, Warning: 1 },
    },
    Checks: [check],
  }
}

/** Changes an entry's service, its meta, or the first of its checks. */
export function withService(entry: RawEntry, over: Readonly<Record<string, unknown>>): RawEntry {
  return { ...entry, Service: { ...entry.Service, ...over } }
}

export function withMeta(entry: RawEntry, key: string, value: unknown): RawEntry {
  const meta = Object.entries(entry.Service.Meta ?? {}).filter(([known]) => known !== key)
  // Members of their own, as JSON.parse makes them, whatever they are called.
  return withService(entry, { Meta: Object.fromEntries([...meta, [key, value]]) })
}

export function withTags(entry: RawEntry, ...tags: readonly unknown[]): RawEntry {
  const known = Array.isArray(entry.Service.Tags) ? entry.Service.Tags : []
  return withService(entry, { Tags: [...known, ...tags] })
}

export function withCheck(entry: RawEntry, over: Readonly<Record<string, unknown>>): RawEntry {
  const [first, ...rest] = entry.Checks
  return { ...entry, Checks: [{ ...(first as object), ...over }, ...rest] }
}
