import { byText } from '../canonical.ts'
import type { SourceKey } from '../release/endpoints.ts'
import type { Layout, NginxContext } from '../release/layout.ts'
import { type Directive, parseNginx } from '../render/nginx-parse.ts'

export type ConfigFile = { readonly path: string; readonly context: NginxContext; readonly content: string }

/** Where requests go, as it stands in rendered configuration; templates of operators are read like our own. */
export type WrittenRoute = {
  readonly context: NginxContext
  readonly port: number
  readonly protocol: 'http' | 'https' | 'tcp' | 'udp'
  /** As in `server_name`; empty for tcp and udp, and for a server without a name. */
  readonly host: string
  /** Whether the server answers for hosts that no other one names. */
  readonly isDefault: boolean
  readonly match: 'exact' | 'prefix' | 'regex'
  readonly path: string
  /** Name of the upstream; null where nothing is passed on. */
  readonly upstream: string | null
  /** What becomes of a request, in nginx's words, such as `proxy_pass http://x` or `return 404`. */
  readonly action: string
  readonly sources: readonly SourceKey[]
  /** What holds for it alone, one directive each, for comparing. */
  readonly directives: readonly string[]
  readonly file: string
  readonly line: number
}

/** Every route in these files, in the order of port, host and path. */
export function routesIn(
  files: readonly ConfigFile[],
  { upstreams }: Pick<Layout, 'upstreams'>,
): readonly WrittenRoute[] {
  const sources = new Map(
    upstreams.map((one) => [`${one.context} ${one.name}`, one.sources.map(({ source }) => source)]),
  )
  return files
    .flatMap((file) => routesOf(file))
    .map(({ owners, ...route }) => {
      const own = route.upstream === null ? owners : sources.get(`${route.context} ${route.upstream}`)
      return { ...route, sources: own ?? [] }
    })
    .sort((a, b) => byText(placeText(a), placeText(b)))
}

/** The place of a route as one text: the same place in two layouts is the same route. */
export function placeText({ port, protocol, host, match, path }: WrittenRoute): string {
  if (host === '' && path === '') return `${port}/${protocol}`
  return `${port} ${host}${match === 'exact' ? ' =' : match === 'regex' ? ' ~' : ''} ${path}`
}

/** A route, with the owners that a comment names: where nothing is passed on, only it says whose route it is. */
type Found = Omit<WrittenRoute, 'sources'> & { readonly owners: readonly SourceKey[] }

function routesOf({ path, context, content }: ConfigFile): readonly Found[] {
  const lines = content.split('\n')
  return parseNginx(content, path)
    .filter(({ name }) => name === 'server')
    .flatMap((server) => {
      const block = server.block ?? []
      const listens = block.filter(({ name }) => name === 'listen').flatMap((one) => readListen(one, context))
      const names = argsOf(block, 'server_name')
      const hosts = context === 'stream' || names.length === 0 ? [''] : names
      const bodies = context === 'stream' ? [server] : block.filter(({ name }) => name === 'location')
      return bodies.flatMap((body) =>
        listens.flatMap((listen) =>
          hosts.map((host) => ({
            ...{ context, ...listen, host, ...readPlace(body, context), ...readAction(body) },
            ...{ directives: (body.block ?? []).map(textOf), file: path, line: body.line },
            owners: ownersAbove(lines, body.line),
          })),
        ),
      )
    })
}

type Listen = Pick<WrittenRoute, 'port' | 'protocol' | 'isDefault'>

function readListen({ args }: Directive, context: NginxContext): readonly Listen[] {
  const [address = '', ...words] = args
  const port = Number(/(?:^|:)(\d+)$/.exec(address)?.[1] ?? Number.NaN)
  if (Number.isNaN(port)) return []
  const web = words.includes('ssl') ? ('https' as const) : ('http' as const)
  const stream = words.includes('udp') ? ('udp' as const) : ('tcp' as const)
  return [{ port, protocol: context === 'http' ? web : stream, isDefault: words.includes('default_server') }]
}

function readPlace({ args }: Directive, context: NginxContext): Pick<WrittenRoute, 'match' | 'path'> {
  if (context === 'stream') return { match: 'exact', path: '' }
  const [first = '', second] = args
  if (second === undefined) return { match: 'prefix', path: first }
  return { match: first === '=' ? 'exact' : first === '^~' ? 'prefix' : 'regex', path: second }
}

const passes: readonly string[] = ['proxy_pass', 'grpc_pass', 'fastcgi_pass', 'uwsgi_pass']

function readAction({ block }: Directive): Pick<WrittenRoute, 'upstream' | 'action'> {
  const own = block ?? []
  const pass = own.find(({ name }) => passes.includes(name))
  const other = own.find(({ name }) => name === 'return' || name === 'root' || name === 'alias')
  const action = pass ?? other
  const upstream = /^(?:[a-z]+:\/\/)?([A-Za-z0-9_.-]+)/.exec(pass?.args[0] ?? '')?.[1] ?? null
  return { upstream, action: action === undefined ? 'nothing' : [action.name, ...action.args].join(' ') }
}

/** `# web@dc1, api@dc1` in the line above. */
function ownersAbove(lines: readonly string[], line: number): readonly SourceKey[] {
  const words = /^\s*# (.+)$/.exec(lines[line - 2] ?? '')?.[1]?.split(', ') ?? []
  return words.every((word) => /^[^\s@]+@[a-z0-9_-]+$/.test(word)) ? words : []
}

function argsOf(block: readonly Directive[], name: string): readonly string[] {
  return block.filter((one) => one.name === name).flatMap(({ args }) => args)
}

/** Upstreams are named after what they are, so the part of a name that only changes with its upstream's settings is left out. */
function textOf({ name, args, block }: Directive): string {
  const words = [name, ...args].join(' ')
  const text = block === null ? words : `${words} { ${block.map(textOf).join('; ')} }`
  return text.replaceAll(/(quayside_(?:empty_)?[a-z0-9_]+)_[0-9a-f]{10}\b/g, '$1')
}
