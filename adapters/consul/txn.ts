import { QuaysideError } from '../../core/errors.ts'
import { fieldsOf, listOf, type optionalFieldsOf, optionalTextOf, wrong } from '../../core/task/fields.ts'
import type { TxnError } from '../../core/txn/failure.ts'
import type { TxnOp } from '../../core/txn/op.ts'
import type { ConsulClient } from './client.ts'
import { isDenied, understood } from './errors.ts'
import { type KvEntry, parseEntry } from './kv.ts'

export type TxnAnswer =
  | { readonly ok: true; readonly entries: readonly KvEntry[] }
  | { readonly ok: false; readonly errors: readonly TxnError[] }

/**
 * Runs one transaction, all of it or nothing. A refusal of its operations (409) is an answer with each failing one named;
 * everything else throws, and after CONSUL_UNREACHABLE or CONSUL_OVERLOADED it may have been carried out all the same.
 */
export async function runTxn(
  client: ConsulClient,
  ops: readonly TxnOp[],
  options: { readonly readOnly?: boolean; readonly text?: string } = {},
): Promise<TxnAnswer> {
  const { status, body } = await client.request({ method: 'PUT', path: '/v1/txn', body: ops, ...options })
  return understood('a transaction', () => parseAnswer(status, body))
}

function parseAnswer(status: number, body: unknown): TxnAnswer {
  const fields = fieldsOf(body, 'txn')
  if (status === 409) return { ok: false, errors: listOf(fields, 'Errors').map(parseError) }
  // Consul always says it, be it empty. An answer without it was hardly Consul's, and no proof that anything was written.
  if (!Array.isArray(fields.value.Results)) throw wrong('txn.Results', fields.value.Results, 'a list')
  const results = listOf(fields, 'Results').filter(({ value }) => value.KV !== undefined)
  return { ok: true, entries: results.map(({ value, path }) => parseEntry(value.KV, `${path}.KV`)) }
}

function parseError(fields: ReturnType<typeof optionalFieldsOf>): TxnError {
  const index = fields.value.OpIndex
  return {
    opIndex: typeof index === 'number' ? index : 0,
    what: optionalTextOf(fields, 'What') ?? 'no explanation',
  }
}

const readLimit = 64

/** Reads many single keys in few requests. Missing ones are left out: a plain `get` of one would fail the transaction. */
export async function readKeys(
  client: ConsulClient,
  keys: readonly string[],
): Promise<ReadonlyMap<string, KvEntry>> {
  const wanted = [...new Set(keys)]
  const chunks = Array.from({ length: Math.ceil(wanted.length / readLimit) }, (_, i) =>
    wanted.slice(i * readLimit, (i + 1) * readLimit),
  )
  const found = new Map<string, KvEntry>()
  for (const chunk of chunks) {
    const answer = await runTxn(
      client,
      chunk.map((key) => ({ KV: { Verb: 'get-tree', Key: key } })),
      { readOnly: true },
    )
    // get-tree takes the key as a prefix; only the key itself was asked for.
    const exact = entriesOf(answer).filter(({ key }) => chunk.includes(key))
    for (const entry of exact) found.set(entry.key, entry)
  }
  return found
}

/** A read that is refused must not look like keys that aren't there. */
function entriesOf(answer: TxnAnswer): readonly KvEntry[] {
  if (answer.ok) return answer.entries
  const words = answer.errors[0]?.what ?? 'no explanation'
  const code = isDenied(words) ? 'CONSUL_DENIED' : 'CONSUL_REFUSED'
  throw new QuaysideError(code, `Consul refused to read keys of Quayside: ${words}.`)
}
