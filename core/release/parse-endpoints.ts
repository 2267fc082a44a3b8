import { isAddressLiteral } from './address.ts'
import type { Endpoints, Server } from './endpoints.ts'
import { readInteger, readJson, readList, readObject, readSchema, readText, refuse } from './read.ts'

/** Reads an endpoints blob. Throws RELEASE_INVALID where it is malformed or holds anything but address literals. */
export function parseEndpoints(content: string): Endpoints {
  const members = readObject(readJson(content, 'endpoints'), 'endpoints')
  const schema = readSchema(members.schema, 'endpoints.schema')
  const sources = Object.entries(readObject(members.sources, 'endpoints.sources'))
  return {
    schema,
    sources: Object.fromEntries(sources.map(([key, value]) => [readSource(key), readServers(value, key)])),
  }
}

function readSource(key: string): string {
  return readText(key, 'a key of endpoints.sources', /^[\x20-\x7e]{1,1000}$/, 'a source key')
}

function readServers(value: unknown, source: string): Server[] {
  return readList(value, `endpoints of ${source}`, (item, where) => {
    const { address, port, weight } = readObject(item, where)
    if (typeof address !== 'string' || !isAddressLiteral(address))
      refuse(`${where}.address`, address, 'an IPv4 or IPv6 address without brackets')
    return {
      address,
      port: readInteger(port, `${where}.port`, 1, 65_535),
      weight: readInteger(weight, `${where}.weight`, 1, 65_535),
    }
  })
}
