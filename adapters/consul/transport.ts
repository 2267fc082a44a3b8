import type { LookupFunction } from 'node:net'
import { Pool } from 'undici'
import { canonicalJson, sha256 } from '../../core/canonical.ts'
import type { ConsulAccess } from './access.ts'

/** The pools to all servers of one access; `id` changes when an address or certificate does, not with the token. */
export type Transport = { readonly id: string; readonly pools: readonly ServerPool[] }
export type ServerPool = { readonly address: string; readonly pool: Pool }

// Consul's HTTP/2 server allows 250 streams on a connection; a few stay free so that it never has to refuse one.
const streamsPerConnection = 240

// Together the connect attempts to all servers end within the two seconds in which a missing route must be reported.
const connectBudgetMs = 1_500

export function transportId({ addresses, ca, cert, key, serverName }: ConsulAccess): string {
  return sha256(canonicalJson({ addresses, ca, cert, key, serverName }))
}

/**
 * Over TLS, undici lets one connection find out the protocol and then multiplexes: a further connection opens only when all
 * have their streams in use. Over plain HTTP each request in flight holds a connection, at most `connections` per server.
 */
export function openTransport(access: ConsulAccess, connections: number, lookup?: LookupFunction): Transport {
  const pools = access.addresses.map((address) => ({
    address,
    pool: openPool(address, access, connections, lookup),
  }))
  return { id: transportId(access), pools }
}

function openPool(
  address: string,
  access: ConsulAccess,
  connections: number,
  lookup: LookupFunction | undefined,
): Pool {
  const { ca, cert, key, serverName } = access
  const secure = address.startsWith('https:')
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
  return new Pool(address, {
    connections,
    allowH2: secure,
    h2Options: { maxConcurrentStreams: streamsPerConnection },
    connect: {
      ...(secure ? tls : {}),
      // A name is looked up for each connection, and all its addresses are tried: nothing is kept of one that was left.
      autoSelectFamily: true,
      ...(lookup === undefined ? {} : { lookup }),
      timeout: Math.max(300, Math.floor(connectBudgetMs / access.addresses.length)),
    },
  })
}

/** Lets requests in flight end; new ones no longer come here. */
export async function closeTransport(transport: Transport): Promise<void> {
  await Promise.all(transport.pools.map(({ pool }) => pool.close()))
}

/** Ends everything at once, requests in flight too. */
export async function destroyTransport(transport: Transport): Promise<void> {
  await Promise.all(transport.pools.map(({ pool }) => pool.destroy()))
}
