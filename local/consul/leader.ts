import { readFile } from 'node:fs/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** How a client reaches the agent. */
export interface ConsulAddress {
  readonly url: string
  readonly ca?: string
  readonly serverName?: string
  readonly client?: { readonly cert: string; readonly key: string }
  readonly token?: string
}

/**
 * Whether the server has a leader and knows its own node, so that the catalog can be written; undefined means "not yet".
 * With ACLs it also means that the management token is in force.
 */
export async function isSettled(address: ConsulAddress): Promise<true | undefined> {
  const leader: unknown = JSON.parse(await get(address, '/v1/status/leader'))
  if (typeof leader !== 'string' || leader === '') return undefined
  const nodes: unknown = JSON.parse(await get(address, '/v1/catalog/nodes?consistent'))
  return Array.isArray(nodes) && nodes.length > 0 ? true : undefined
}

async function get(address: ConsulAddress, path: string): Promise<string> {
  const url = new URL(path, address.url)
  const headers = address.token === undefined ? {} : { 'X-Consul-Token': address.token }
  const options = { headers, agent: false as const, timeout: 2_000, ...(await tlsOptions(address)) }
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(body)
        else reject(new Error(`GET ${path} answered ${response.statusCode}: ${body.slice(0, 200)}`))
      })
    })
    request.on('timeout', () => request.destroy(new Error(`GET ${path} took longer than 2 s`)))
    request.on('error', reject)
    request.end()
  })
}

async function tlsOptions({ ca, serverName, client }: ConsulAddress): Promise<Record<string, unknown>> {
  if (ca === undefined) return {}
  const pair =
    client === undefined ? {} : { cert: await readFile(client.cert), key: await readFile(client.key) }
  return { ca: await readFile(ca), servername: serverName, ...pair }
}
