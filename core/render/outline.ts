import type { NginxContext } from '../release/layout.ts'
import type { HttpServer, Location, Model, ProxyAction } from '../route/model.ts'
import { emptyVariable, stickyVariables } from './names.ts'
import type { Directive } from './nginx-parse.ts'
import { passTarget, retries } from './view.ts'

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
      ({ port, protocol, certificate, upstream }) =>
        `server: listen ${port}${protocol === 'udp' ? ' udp' : ''}${certificate ? ' ssl' : ''}${certified(certificate)}; proxy_pass ${upstream}`,
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
const streamWords = ['listen', 'ssl_certificate', 'ssl_certificate_key', 'proxy_pass']
const locationWords = [
  ...['if', 'proxy_pass', 'grpc_pass', 'return', 'allow', 'deny', 'add_header', 'proxy_buffering'],
  ...['proxy_next_upstream', 'proxy_next_upstream_tries', 'grpc_next_upstream', 'grpc_next_upstream_tries'],
]
/** Others may be added by an operator's template; these change what browsers do. */
const judgedHeaders = ['Strict-Transport-Security', 'Set-Cookie']

function expectedLocation({ match, path, action }: Location): string {
  const head = `location ${match === 'exact' ? '= ' : ''}${path}: `
  if (action.kind === 'not-found') return `${head}return 404`
  if (action.kind === 'redirect') {
    const port = action.port === 443 ? '' : `:${action.port}`
    return `${head}return 308 https://$host${port}$request_uri`
  }
  if (action.kind === 'redirect-to') {
    const uri = action.keepUri ? '$request_uri' : ''
    return `${head}${[...hstsWords(action), `return ${action.code} ${action.url}${uri}`].join('; ')}`
  }
  return `${head}${expectedPass(action)}`
}

function expectedPass(action: ProxyAction): string {
  const family = action.protocol.startsWith('grpc') ? 'grpc' : 'proxy'
  const { nextUpstream, tries } = retries(action)
  const words = [
    `if ($${emptyVariable(action.upstream)}) return 503`,
    ...action.deny.map((network) => `deny ${network}`),
    ...action.allow.map((network) => `allow ${network}`),
    ...(action.allow.length > 0 ? ['deny all'] : []),
    ...hstsWords(action),
    ...(action.sticky ? [`add_header Set-Cookie $${stickyVariables(action.upstream).cookie} always`] : []),
    ...(nextUpstream === null ? [] : [`${family}_next_upstream ${nextUpstream.join(' ')}`]),
    ...(tries === null ? [] : [`${family}_next_upstream_tries ${tries}`]),
    ...(action.buffering || family === 'grpc' ? [] : ['proxy_buffering off']),
    `${family}_pass ${passTarget(action)}`,
  ]
  return words.join('; ')
}

function hstsWords({ hsts }: { readonly hsts: string | null }): readonly string[] {
  return hsts === null ? [] : [`add_header Strict-Transport-Security ${hsts} always`]
}

function certified(certificate: { cert: string; key: string } | null): string {
  return certificate ? `; ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key}` : ''
}

function locationEntry(location: Directive): OutlineEntry {
  return entry(location, wordsOf(location.block ?? [], locationWords))
}

function wordsOf(block: readonly Directive[], names: readonly string[]): string {
  let text = ''
  for (const { name, args, block: inner } of block) {
    if (!names.includes(name) || (name === 'add_header' && !judgedHeaders.includes(args[0] ?? ''))) continue
    text += `${text === '' ? '' : '; '}${words(name, args)}`
    if (inner !== null) text += ` ${wordsOf(inner, innerWords)}`
  }
  return text
}

const innerWords = ['return']

function words(name: string, args: readonly string[]): string {
  return args.length === 0 ? name : `${name} ${args.join(' ')}`
}

function entry({ name, args, line }: Directive, own: string): OutlineEntry {
  return { text: `${words(name, args)}: ${own}`, line }
}
