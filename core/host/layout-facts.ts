import { type Directive, flatten } from '../render/nginx-parse.ts'

/** The certificate and key files that configuration names literally; paths with variables are looked up per connection. */
export function certificatesIn(directives: readonly Directive[]): readonly string[] {
  const names = flatten(directives)
    .filter(({ name }) => name === 'ssl_certificate' || name === 'ssl_certificate_key')
    .map(({ args }) => args[0] ?? '')
  return [...new Set(names)].filter((name) => name !== '' && !/^(data|engine|store):|\$/.test(name))
}

/** The ports of all `listen` directives; a range means each of its ports, a bare address port 80, and a unix socket
 * counts as port 0. */
export function listenPortsIn(directives: readonly Directive[]): readonly number[] {
  const places = flatten(directives)
    .filter(({ name }) => name === 'listen')
    .map(({ args }) => args[0] ?? '')
  return [...new Set(places.flatMap(portsOf))]
}

function portsOf(place: string): readonly number[] {
  if (place.startsWith('unix:')) return [0]
  const [, from, to] = /^(?:.*:)?(\d+)(?:-(\d+))?$/.exec(place.replace(/^\[[^\]]*\]$/, '')) ?? []
  if (from === undefined || /^\d+(\.\d+){3}$/.test(place)) return [80]
  const [first, last] = [Number(from), Math.min(Number(to ?? from), 65_535)]
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => first + i)
}
