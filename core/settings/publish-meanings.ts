import type { Meaning } from './config-meanings.ts'

/** Of the section `publish`. */
export const publishMeanings: Readonly<Record<string, Meaning>> = {
  publish: ['What is rendered, for whom, and how often.'],
  'publish.channel': ['The channel that hosts follow.', 'current'],
  'publish.canary': ['New layouts are tried by the hosts of one channel before all others get them.'],
  'publish.canary.channel': ['The channel that always has the newest layout.', 'canary'],
  'publish.canary.soakMs': [
    'How long a layout must do well there before it is promoted by itself, in milliseconds; null: only by `quayside promote`.',
    600000,
  ],
  'publish.canary.addsOnly': ['Whether a layout that only adds routes is promoted at once.', true],
  'publish.datacenters': ['Further datacenters whose services are routed too.', ['dc2']],
  'publish.datacenters[]': ['A datacenter that Consul knows, in lower case.', 'dc2'],
  'publish.listeners': ['The ports on which hosts take traffic, each once.'],
  'publish.listeners[].port': ['The port.', 443],
  'publish.listeners[].protocol': ['`tls` is TCP whose TLS ends at nginx.', 'https'],
  'publish.networks': [
    'Where backends may live: addresses outside are dropped and reported.',
    ['10.0.0.0/8'],
  ],
  'publish.networks[]': ['A network, IPv4 or IPv6.', '10.0.0.0/8'],
  'publish.defaultDomain': [
    'A service that states no host is served as `<service>.<domain>`; null: it has to state one.',
    'example.com',
  ],
  'publish.defaultServer': [
    'Whether a server for unknown hosts is rendered, which answers 503; false where the host brings its own.',
    true,
  ],
  'publish.routes': ['Routes that you state; they win over labels. Each place once.'],
  'publish.routes[].host': ['The host, or `*.` and a domain.', 'shop.example.com'],
  'publish.routes[].path': ['What the path of requests begins with.', '/api/'],
  'publish.routes[].service': ['The service in Consul that takes the requests.', 'shop'],
  'publish.routes[].port': ['One of `publish.listeners`; null: as for a service that states none.', 443],
  'publish.owners': [
    'Who may claim a host by labels; the first match decides. Hosts that none matches belong to the first who claims them.',
  ],
  'publish.owners[].host': ['The host, or `*.` and a domain.', '*.example.com'],
  'publish.owners[].clusters': ['Names of clusters whose services may claim it.', ['web']],
  'publish.owners[].clusters[]': ['The last part of a cluster’s ARN.', 'web'],
  'publish.owners[].services': ['Names of services that may claim it.', ['shop']],
  'publish.owners[].services[]': ['A service in Consul.', 'shop'],
  'publish.certificates': [
    'Certificates on the hosts, each name once; labels pick one by name or host, never by path.',
  ],
  'publish.certificates[].name': ['What labels call it.', 'wildcard'],
  'publish.certificates[].hosts': ['The hosts that it is good for.', ['*.example.com']],
  'publish.certificates[].hosts[]': ['The host, or `*.` and a domain.', '*.example.com'],
  'publish.certificates[].cert': ['The file with the chain, on every host.', '/etc/nginx/tls/wildcard.pem'],
  'publish.certificates[].key': [
    'The file with the private key, on every host.',
    '/etc/nginx/tls/wildcard.key',
  ],
  'publish.method': ['How requests are balanced, unless a service says otherwise.', 'least_conn'],
  'publish.keepalive': ['Idle connections that each worker keeps to each service.', 32],
  'publish.workerShutdownTimeoutSeconds': [
    'How long connections of an old nginx worker may go on after a reload.',
    240,
  ],
  'publish.trustedKeys': [
    'Public keys of earlier signing keys (Ed25519, PEM), whose pointers are signed again with the one of now.',
    [],
  ],
  'publish.trustedKeys[]': ['The text of a PEM file, its lines separated by `\\n`.'],
  'publish.pointerLifeMs': [
    'How long a signed pointer is good for; it is signed again after a third of that.',
    259200000,
  ],
  'publish.guard': [
    'What is done when many instances vanish at once without Consul saying that they failed.',
  ],
  'publish.guard.holdForMs': ['How long vanished instances that Quayside didn’t register are held.', 60000],
  'publish.guard.maxShrink': [
    'The part of a service’s instances, from 0 to 1, whose loss at once is a doubt.',
    0.5,
  ],
  'publish.guard.minInstances': ['Fewer instances than this are a doubt too.', 1],
  'publish.pace': ['How often releases are published. An address that left skips the wait.'],
  'publish.pace.quietMs': ['After so long without a publication the next change goes out at once.', 3000],
  'publish.pace.debounceMinMs': ['Otherwise changes are gathered for so long at least.', 1000],
  'publish.pace.debounceMaxMs': ['And for so long at most; at least `debounceMinMs`.', 10000],
  'publish.pace.budgetBurst': ['How many publications may follow one another without a pause.', 2],
  'publish.pace.budgetEveryMs': ['How often the budget allows another one.', 3000],
}
