import type { Answer, ConsulClient, ConsulRequest } from '../../../adapters/consul/client.ts'
import { refusal } from '../../../adapters/consul/errors.ts'
import { answerRequest } from './endpoints.ts'
import { allRights, type Rights } from './rights.ts'
import { copyStore, emptyStore, type Store } from './state.ts'

/** What was asked, in order; `ops` are those of a transaction. */
export type SeenRequest = {
  readonly method: string
  readonly path: string
  readonly query: ConsulRequest['query']
  readonly ops: readonly unknown[]
  readonly body: unknown
  readonly status: number
}

export type MemoryConsul = ConsulClient & {
  readonly requests: SeenRequest[]
  /** The records behind the answers; to be read only. */
  readonly store: () => Store
  /** Another client of the same data, as of another process; with a token of its own. */
  readonly clone: () => MemoryConsul
  /** From now on the token may do this only. */
  readonly setRights: (rights: Rights) => void
  /** All data is lost and indexes begin anew, as after a restart of a Consul without disks. */
  readonly wipe: () => void
}

const url = 'memory://consul'

/**
 * The part of Consul 1.8 that registering and reconciling use, in memory, behind the interface of the real client: the same
 * answers, the same errors. Blocking queries, sessions and locks aren't there; what isn't there throws.
 */
export function createMemoryConsul(start: Store = emptyStore()): MemoryConsul {
  let store = start
  let rights: Rights = allRights
  const requests: SeenRequest[] = []

  async function request(asked: ConsulRequest): Promise<Answer> {
    asked.signal?.throwIfAborted()
    const { status, index, body } = answerRequest(store, asked, rights)
    const { method, path, query } = asked
    const ops = path === '/v1/txn' && Array.isArray(asked.body) ? asked.body : []
    requests.push({ method, path, query, ops, body: asked.body, status })
    if (status >= 400 && status !== 404 && status !== 409) {
      throw refusal({ method, url: url + path }, status, String(body))
    }
    const isRead = index !== null
    return {
      status,
      index: isRead ? Math.max(1, index) : null,
      knownLeader: isRead ? true : null,
      lastContactMs: isRead ? 0 : null,
      filtered: false,
      body: status === 404 ? null : body,
    }
  }

  return {
    request,
    close: async () => {},
    requests,
    store: () => store,
    clone: () => createMemoryConsul(copyStore(store)),
    setRights: (next) => {
      rights = next
    },
    wipe: () => {
      store = emptyStore()
    },
  }
}
