import { type Directive, flatten, parseNginx } from '../render/nginx-parse.ts'

/** The certificate and key files that configuration names literally; paths with variables are looked up per connection. */
export function certificatesIn(text: string): readonly string[] {
  const names = directivesIn(text)
    .filter(({ name }) => name === 'ssl_certificate' || name === 'ssl_certificate_key')
    .map(({ args }) => args[0] ?? '')
  return [...new Set(names)].filter((name) => name !== '' && !/^(data|engine|store):|\$/.test(name))
}

/** The ports of all `listen` directives; a bare address means port 80, and a unix socket counts as port 0. */
export function listenPortsIn(text: string): readonly number[] {
  const places = directivesIn(text)
    .filter(({ name }) => name === 'listen')
    .map(({ args }) => args[0] ?? '')
  return [...new Set(places.map(portOf))]
}

function portOf(place: string): number {
  if (place.startsWith('unix:')) return 0
  const port = /^(?:.*:)?(\d+)(?:-\d+)?$/.exec(place.replace(/^\[[^\]]*\]$/, ''))?.[1]
  return port === undefined || /^\d+(\.\d+){3}$/.test(place) ? 80 : Number(port)
}

/** Throws RENDER_REFUSED for text that isn't configuration; nginx would refuse it too. */
function directivesIn(text: string): readonly Directive[] {
  return flatten(parseNginx(text))
}
