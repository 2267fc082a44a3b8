import type { ConsulClient, ConsulRequest } from '../../../adapters/consul/client.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { type See, seeThrough } from './see.ts'

/** One request, for either Consul; what it says of indexes it looks up in that Consul. */
export type Step = (see: See) => ConsulRequest | Promise<ConsulRequest>

/** What a Consul said to each step, so that two of them can be compared. */
export type Transcript = readonly unknown[]

/**
 * Runs the steps and gives the answers, errors included, with every index replaced by its rank among all that were seen: which
 * writes changed what, and in what order, can be compared; the numbers can't. Indexes of before the first
 * step are rank 0; `known` is that index, for a client that may not find it out.
 */
export async function transcribe(
  client: ConsulClient,
  steps: readonly Step[],
  reads: readonly ConsulRequest[] = [],
  known?: number,
): Promise<Transcript> {
  const see = seeThrough(client)
  const base = known ?? (await indexNow(client))
  const raw: unknown[] = []
  for (const step of steps) raw.push(await answerOf(client, await step(see)))
  for (const read of reads) raw.push(await answerOf(client, read))
  const ranks = ranksOf(raw, base)
  return raw.map((answer) => replace(answer, ranks))
}

/** Writes a key only to learn the index; it stays outside of what tests look at. */
async function indexNow(client: ConsulClient): Promise<number> {
  await client.request({ method: 'PUT', path: '/v1/kv/contract-base', body: String(Math.random()) })
  return (await client.request({ method: 'GET', path: '/v1/kv/contract-base' })).index ?? 0
}

async function answerOf(client: ConsulClient, request: ConsulRequest): Promise<unknown> {
  try {
    const { status, index, body } = await client.request(request)
    return { request, status, index: isOwn(request, body) ? { ModifyIndex: index } : index !== null, body }
  } catch (error) {
    if (!(error instanceof QuaysideError)) throw error
    return { request, code: error.code, words: wordsOf(error.message) }
  }
}

/** Whether the answer's index is of what was read: that of a list may be the whole table's, which Consul itself writes to. */
function isOwn({ path }: ConsulRequest, body: unknown): boolean {
  const isOfService = /^\/v1\/(health|catalog)\/service\//.test(path)
  return path.startsWith('/v1/kv/') || (isOfService && Array.isArray(body) && body.length > 0)
}

/** Without the address, and without what Go's decoder says of a body that isn't fit. */
function wordsOf(message: string): string {
  return message.replace(/\w+:\/\/[^/\s]+/, '').replace(/(Failed to parse body:).*/, '$1')
}

const indexFields = new Set(['CreateIndex', 'ModifyIndex'])
// What was asked for is left out: it was looked up, and each Consul counts its own.
const spokenIndex = /current modify index (\d+) != \d+/

function ranksOf(answers: readonly unknown[], base: number): ReadonlyMap<number, number> {
  const seen = new Set<number>()
  for (const answer of answers) collect(answer, seen)
  const fresh = [...seen].filter((index) => index > base).sort((a, b) => a - b)
  return new Map(fresh.map((index, rank) => [index, rank + 1]))
}

function collect(value: unknown, seen: Set<number>): void {
  if (typeof value === 'string') {
    const spoken = spokenIndex.exec(value)?.[1]
    if (spoken !== undefined) seen.add(Number(spoken))
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (name === 'request') continue
    if (indexFields.has(name) && typeof member === 'number') seen.add(member)
    else collect(member, seen)
  }
}

function replace(value: unknown, ranks: ReadonlyMap<number, number>): unknown {
  if (typeof value === 'string') {
    return value.replace(
      spokenIndex,
      (_, spoken) => `current modify index #${ranks.get(Number(spoken)) ?? 0} != another`,
    )
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((member) => replace(member, ranks))
  const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    // It names the indexes that were looked up; paths and verbs are enough to tell which step this was.
    if (name === 'request') return [['request', describe(member as ConsulRequest)]]
    const isIndex = indexFields.has(name) && typeof member === 'number'
    return [[name, isIndex ? `#${ranks.get(member) ?? 0}` : replace(member, ranks)]]
  })
  return Object.fromEntries(members)
}

function describe({ method, path, query, body }: ConsulRequest): string {
  const written = JSON.stringify(body ?? null, (name, value: unknown) => (isIndexName(name) ? '#' : value))
  return `${method} ${path} ${Object.keys(query ?? {}).join()} ${written.slice(0, 300)}`
}

function isIndexName(name: string): boolean {
  return name === 'Index' || indexFields.has(name)
}
