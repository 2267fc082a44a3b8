import { fieldsOf, textOf, wholeOf, wrong } from '../../core/task/fields.ts'
import type { ConsulClient } from './client.ts'
import { understood } from './errors.ts'

export type KvEntry = {
  readonly key: string
  readonly value: string
  readonly flags: number
  readonly modifyIndex: number
  /** The session that holds the key's lock. */
  readonly session: string | null
}

type ReadOptions = { readonly consistent?: boolean; readonly signal?: AbortSignal }

/** One key, or null if it isn't there. */
export async function readKey(
  client: ConsulClient,
  key: string,
  options: ReadOptions = {},
): Promise<KvEntry | null> {
  const { body } = await client.request({ method: 'GET', path: kvPath(key), ...options })
  return parseEntries(body)[0] ?? null
}

/** All keys below a folder; the folder's slash keeps neighbours with a longer name out. */
export async function readFolder(
  client: ConsulClient,
  folder: string,
  options: ReadOptions = {},
): Promise<readonly KvEntry[]> {
  const request = { method: 'GET', path: kvPath(folder), query: { recurse: true }, ...options } as const
  return parseEntries((await client.request(request)).body)
}

/** Names of the keys below a folder; with a separator, what follows it is left out and each folder is named once. */
export async function listKeys(
  client: ConsulClient,
  folder: string,
  options: ReadOptions & { readonly separator?: '/' } = {},
): Promise<readonly string[]> {
  const { separator, ...rest } = options
  const query = { keys: true as const, separator }
  const { body } = await client.request({ method: 'GET', path: kvPath(folder), query, ...rest })
  return listed(body).filter((key): key is string => typeof key === 'string')
}

/** Writes if the key still has this ModifyIndex (0: isn't there). False if somebody else was faster. */
export async function compareAndSet(
  client: ConsulClient,
  key: string,
  value: string,
  index: number,
): Promise<boolean> {
  const query = { cas: String(index) }
  return (await client.request({ method: 'PUT', path: kvPath(key), query, body: value })).body === true
}

/** Deletes if the key still has this ModifyIndex. */
export async function deleteUnchanged(client: ConsulClient, key: string, index: number): Promise<boolean> {
  const query = { cas: String(index) }
  return (await client.request({ method: 'DELETE', path: kvPath(key), query })).body === true
}

export function kvPath(key: string): string {
  return `/v1/kv/${key.split('/').map(encodeURIComponent).join('/')}`
}

/** Parses KV records as `/v1/kv` states them; null is that there is none. Throws CONSUL_UNREACHABLE for anything else. */
export function parseEntries(body: unknown): readonly KvEntry[] {
  return listed(body).map((member, index) =>
    understood('a read of keys', () => parseEntry(member, `kv[${index}]`)),
  )
}

/** Something else than a list must not look as if no key were there: that could delete what the keys protect. */
function listed(body: unknown): readonly unknown[] {
  if (body === null || Array.isArray(body)) return body ?? []
  return understood('a read of keys', () => {
    throw wrong('the body', body, 'a list')
  })
}

/** One record of `/v1/kv` or of a transaction's results. Throws EVENT_INVALID for anything else. */
export function parseEntry(value: unknown, path: string): KvEntry {
  const fields = fieldsOf(value, path)
  const text = fields.value.Value
  const session = fields.value.Session
  return {
    key: textOf(fields, 'Key'),
    value: typeof text === 'string' ? Buffer.from(text, 'base64').toString('utf8') : '',
    flags: wholeOf(fields, 'Flags'),
    modifyIndex: wholeOf(fields, 'ModifyIndex'),
    session: typeof session === 'string' && session !== '' ? session : null,
  }
}
