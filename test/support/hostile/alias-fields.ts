import { virtualWords } from '../../../core/route/aliases/virtual-host.ts'
import type { HostileField } from './fields.ts'
import { type RawEntry, type RawService, withMeta, withService, withTags } from './raw-catalog.ts'

/** Words of other proxies count only where a service states no route in ours. */
function alias(name: string, plant: (entry: RawEntry, text: string) => RawEntry): HostileField {
  return {
    name,
    plant: (service: RawService, value) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      return { ...service, entries: service.entries.map((entry) => plant(withoutOwn(entry), text)) }
    },
  }
}

function withoutOwn(entry: RawEntry): RawEntry {
  const meta = Object.entries((entry.Service.Meta ?? {}) as Record<string, unknown>)
  return withService(entry, { Meta: Object.fromEntries(meta.filter(([key]) => !key.startsWith('nginx-'))) })
}

const rule = 'traefik.http.routers.r.rule=Host(`r.test`) && PathPrefix(`/r`)'

const traefik = (name: string, ...tagsOf: readonly ((text: string) => string)[]) =>
  alias(`Traefik's ${name}`, (entry, text) => withTags(entry, rule, ...tagsOf.map((tagOf) => tagOf(text))))

const middleware = (words: string) =>
  traefik(
    `middleware ${words}`,
    () => 'traefik.http.routers.r.middlewares=m',
    (text) => `traefik.http.middlewares.m.${words}=${text}`,
  )

const fabio = (name: string, tagOf: (text: string) => string) =>
  alias(`fabio's ${name}`, (entry, text) => withTags(entry, `urlprefix-${tagOf(text)}`))

export const aliasFields: readonly HostileField[] = [
  fabio('place', (text) => text),
  fabio('host', (text) => `${text}/`),
  fabio('path', (text) => `fabio.test/${text}`),
  fabio('option', (text) => `fabio.test/ ${text}`),
  ...['strip', 'prepend', 'proto', 'weight', 'redirect', 'allow', 'deny', 'host', 'pxyproto'].map((option) =>
    fabio(option, (text) => `fabio.test/a ${option}=${option === 'allow' ? 'ip:' : ''}${text}`),
  ),
  ...['Host', 'PathPrefix', 'Path', 'HostRegexp', 'HostSNI'].map((matcher) =>
    alias(`Traefik's ${matcher}`, (entry, text) =>
      withTags(entry, `traefik.http.routers.r.rule=Host(\`r.test\`) && ${matcher}(\`${text}\`)`),
    ),
  ),
  alias("Traefik's rule", (entry, text) => withTags(entry, `traefik.http.routers.r.rule=${text}`)),
  traefik('router', (text) => `traefik.http.routers.${text}.rule=Host(\`s.test\`)`),
  ...['entrypoints', 'priority', 'service', 'tls', 'tls.certresolver', 'middlewares'].map((word) =>
    traefik(word, (text) => `traefik.http.routers.r.${word}=${text}`),
  ),
  ...['server.port', 'server.scheme', 'sticky.cookie.name', 'healthcheck.path', 'passhostheader'].map(
    (word) => traefik(word, (text) => `traefik.http.services.s.loadbalancer.${word}=${text}`),
  ),
  ...['stripprefix.prefixes', 'addprefix.prefix', 'replacepath.path', 'retry.attempts'].map(middleware),
  ...['headers.stsseconds', 'ipallowlist.sourcerange', 'buffering.maxrequestbodybytes'].map(middleware),
  ...['redirectscheme.scheme', 'redirectregex.replacement', 'chain.middlewares'].map(middleware),
  alias("Traefik's TCP rule", (entry, text) =>
    withTags(entry, `traefik.tcp.routers.r.rule=${text}`, 'traefik.tcp.routers.r.entrypoints=15432'),
  ),
  alias("Traefik's UDP entry point", (entry, text) => {
    return withTags(entry, `traefik.udp.routers.r.entrypoints=${text}`)
  }),
  ...virtualWords.map((word) =>
    alias(`nginx-proxy's ${word}`, (entry, text) => {
      return withMeta(withMeta(entry, 'VIRTUAL_HOST', 'v.test'), word, text)
    }),
  ),
]
