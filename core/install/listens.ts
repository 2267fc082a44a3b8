import { contextOf, type Placed, placeOf } from './config-tree.ts'

/** One address and port on which a server of nginx listens; a range of ports makes one of each. */
export type Listen = {
  readonly context: 'http' | 'stream'
  /** "*" for all IPv4 addresses, "[::]" for all of IPv6. */
  readonly address: string
  readonly port: number
  readonly isDefault: boolean
  readonly options: readonly string[]
  /** The server's names, for people. */
  readonly names: string
  readonly place: string
}

/** Every listen of every server. Unix sockets are left out; an http server without the directive listens on port 80. */
export function listensOf(config: readonly Placed[]): readonly Listen[] {
  return config
    .filter((one) => one.directive.name === 'server')
    .flatMap((one) => listensOfServer(one, config))
}

function listensOfServer(server: Placed, config: readonly Placed[]): readonly Listen[] {
  const context = contextOf(server)
  if (context !== 'http' && context !== 'stream') return []
  const own = config.filter(({ parents }) => parents.at(-1) === server.directive)
  const named = own.filter(({ directive }) => directive.name === 'server_name')
  const names = named.flatMap(({ directive }) => directive.args).join(' ')
  const listens = own.filter(({ directive }) => directive.name === 'listen')
  if (listens.length === 0 && context === 'http')
    return [{ context, address: '*', port: 80, isDefault: false, options: [], names, place: placeOf(server) }]
  return listens.flatMap((one) => {
    const [target = '', ...options] = one.directive.args
    const isDefault = options.includes('default_server') || options.includes('default')
    const rest = { context, isDefault, options, names, place: placeOf(one) } as const
    return targetsOf(target).map((target) => ({ ...rest, ...target }))
  })
}

/** "8080", "*:8080", "127.0.0.1", "[::]:80", "8000-8010": each address and port that `target` means. */
export function targetsOf(target: string): readonly { readonly address: string; readonly port: number }[] {
  if (target.startsWith('unix:')) return []
  const [, host = '', from, to] = /^(?:(.*):)?(\d+)(?:-(\d+))?$/.exec(target) ?? [target, target]
  const address = host === '' || host === '0.0.0.0' ? '*' : host
  const first = Number(from ?? 80)
  const last = Math.min(Number(to ?? first), 65_535)
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => ({ address, port: first + i }))
}
