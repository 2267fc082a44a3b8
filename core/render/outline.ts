import type { NginxContext } from '../release/layout.ts'
import type { HttpServer, Location, Model } from '../route/model.ts'
import { emptyVariable } from './names.ts'
import type { Directive } from './nginx-parse.ts'
import { passTarget } from './view.ts'

/** One thing that decides where traffic goes, as text; the line is where it stands in the output. */
export type OutlineEntry = { readonly text: string; readonly line: number }

/** Servers with their listens, names and certificates, and their locations with what becomes of a request, read from output. */
export function outlineOf(directives: readonly Directive[], context: NginxContext): readonly OutlineEntry[] {
  return directives
    .filter(({ name }) => name === 'server')
    .flatMap((server) => {
      const block = server.block ?? []
      const own = context === 'http' ? serverWords : streamWords
      const locations = block.filter(({ name }) => name === 'location')
      return [entry(server, wordsOf(block, own)), ...locations.map(locationEntry)]
    })
}

/** What the output must say, from the model alone. */
export function expectedOutline(
  { defaultServers, httpServers, streamServers }: Model,
  context: NginxContext,
) {
  if (context === 'stream') {
    return streamServers.map(
      ({ port, protocol, upstream }) =>
        `server: listen ${port}${protocol === 'udp' ? ' udp' : ''}; proxy_pass ${upstream}`,
    )
  }
  return [
    ...defaultServers.flatMap(({ port, certificate }) => [
      `server: listen ${port}${certificate ? ' ssl http2' : ''} default_server; server_name _${certified(certificate)}`,
      'location /: return 503',
    ]),
    ...httpServers.flatMap(expectedServer),
  ]
}

/** By server, which is the same object for as long as nothing of it changes. */
const expectedServers = new WeakMap<HttpServer, readonly string[]>()

function expectedServer(server: HttpServer): readonly string[] {
  const known = expectedServers.get(server)
  if (known !== undefined) return known
  const { port, host, certificate, locations } = server
  const listen = `listen ${port}${certificate ? ' ssl http2' : ''}`
  const head = `server: ${listen}; server_name ${host}${certified(certificate)}`
  const expected = [head, ...locations.map(expectedLocation)]
  expectedServers.set(server, expected)
  return expected
}

const serverWords = ['listen', 'server_name', 'ssl_certificate', 'ssl_certificate_key']
const streamWords = ['listen', 'proxy_pass']
const locationWords = ['if', 'proxy_pass', 'grpc_pass', 'return', 'allow', 'deny']

function expectedLocation({ match, path, action }: Location): string {
  const head = `location ${match === 'exact' ? '= ' : ''}${path}: `
  if (action.kind === 'not-found') return `${head}return 404`
  if (action.kind === 'redirect') {
    const port = action.port === 443 ? '' : `:${action.port}`
    return `${head}return 308 https://$host${port}$request_uri`
  }
  const pass = action.protocol.startsWith('grpc') ? 'grpc_pass' : 'proxy_pass'
  const access = [
    ...action.deny.map((network) => `; deny ${network}`),
    ...action.allow.map((network) => `; allow ${network}`),
    action.allow.length > 0 ? '; deny all' : '',
  ].join('')
  return `${head}if ($${emptyVariable(action.upstream)}) return 503${access}; ${pass} ${passTarget(action)}`
}

function certified(certificate: { cert: string; key: string } | null): string {
  return certificate ? `; ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key}` : ''
}

function locationEntry(location: Directive): OutlineEntry {
  return entry(location, wordsOf(location.block ?? [], locationWords))
}

function wordsOf(block: readonly Directive[], names: readonly string[]): string {
  return block
    .filter(({ name }) => names.includes(name))
    .map(({ name, args, block: inner }) =>
      [name, ...args, ...(inner === null ? [] : [wordsOf(inner, ['return'])])].join(' '),
    )
    .join('; ')
}

function entry({ name, args, line }: Directive, words: string): OutlineEntry {
  return { text: `${[name, ...args].join(' ')}: ${words}`, line }
}
