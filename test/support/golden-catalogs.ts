import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import type { Endpoints } from '../../core/release/endpoints.ts'
import type { PublishSettings } from '../../core/settings/settings.ts'
import { goldenTopics } from './golden-topics.ts'
import { endpointsOf, publishSettings, routedService } from './routes.ts'

export type GoldenCatalog = {
  readonly settings: PublishSettings
  readonly services: readonly ServiceSnapshot[]
  readonly endpoints: Endpoints
}

const certificates = [
  { name: 'site', hosts: ['example.com', '*.example.com'], cert: 'certs/site.pem', key: 'certs/site.key' },
]

const everyListener = [
  { port: 8080, protocol: 'http' as const },
  { port: 8443, protocol: 'https' as const },
  { port: 15_432, protocol: 'tcp' as const },
  { port: 15_433, protocol: 'tls' as const },
  { port: 15_353, protocol: 'udp' as const },
]

/** Catalogs whose rendered text is kept under test/golden/nginx, by folder. */
export const goldenCatalogs: Readonly<Record<string, GoldenCatalog>> = {
  ...goldenTopics,
  nothing: {
    settings: publishSettings({ listeners: everyListener }),
    services: [],
    endpoints: endpointsOf({}),
  },
  'one-service': {
    settings: publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] }),
    services: [routedService('web', { 'nginx-host': 'web.example.com' })],
    endpoints: endpointsOf({ web: ['10.0.0.2:8000', '10.0.0.1:8000', '[fd00::1]:8000'] }),
  },
  'every-setting': {
    settings: publishSettings({ listeners: everyListener, certificates, method: 'round_robin' }),
    services: [
      routedService('api', {
        ...{
          'nginx-host': 'example.com',
          'nginx-path': '/api/v1',
          'nginx-strip': '/api',
          'nginx-lb': 'hash_uri',
        },
        ...{ 'nginx-connect-timeout': '500ms', 'nginx-read-timeout': '2m', 'nginx-send-timeout': '30s' },
        ...{ 'nginx-body-size': '10M', 'nginx-websocket': 'false', 'nginx-keepalive': '0' },
        ...{ 'nginx-allow': '10.1.2.3/8,fd00::/8', 'nginx-deny': '10.9.0.0/16' },
        ...{ 'nginx-max-fails': '0', 'nginx-fail-timeout': '30s', 'nginx-max-conns': '50' },
        ...{ 'nginx-tries': '2', 'nginx-next-upstream': 'timeout,error,http_503' },
      }),
      routedService('db', {
        ...{ 'nginx-enable': 'true', 'nginx-proto': 'tcp', 'nginx-lb': 'ip_hash' },
        ...{ 'nginx-tries': '1', 'nginx-max-conns': '9' },
      }),
      routedService('db-tls', {
        ...{ 'nginx-enable': 'true', 'nginx-proto': 'tcp', 'nginx-listen': '15433' },
      }),
      routedService('dns', { 'nginx-enable': 'true', 'nginx-proto': 'udp', 'nginx-lb': 'random_two' }),
      routedService('events', {
        ...{ 'nginx-host': 'example.com', 'nginx-path': '/events', 'nginx-rewrite': '/v2/stream' },
        ...{
          'nginx-buffering': 'off',
          'nginx-sticky': 'events_route',
          'nginx-hsts': '365d; includeSubDomains',
        },
      }),
      routedService('login', {
        'nginx-host': 'example.com',
        'nginx-path': '/login',
        'nginx-path-type': 'exact',
      }),
      routedService('moved', {
        ...{ 'nginx-host': 'old.example.com', 'nginx-redirect': '301,https://example.com/new$request_uri' },
        'nginx-hsts': '1h',
      }),
      routedService('old', { 'nginx-host': '*.example.com', 'nginx-https': 'redirect' }),
      routedService('rpc', { 'nginx-host': 'rpc.example.com', 'nginx-proto': 'grpc' }),
      routedService('secure', { 'nginx-host': 'example.com', 'nginx-path': '/s', 'nginx-proto': 'https' }),
      routedService('secure-rpc', {
        ...{ 'nginx-host': 'rpc.example.com', 'nginx-proto': 'grpcs' },
        ...{ 'nginx-path': '/secure.Service', 'nginx-read-timeout': '1h', 'nginx-hsts': '1h' },
        ...{ 'nginx-tries': '3', 'nginx-next-upstream': 'error,non_idempotent' },
      }),
    ],
    endpoints: endpointsOf({
      ...{ api: ['10.0.0.1:1', '10.0.0.2:2'], db: ['10.0.0.3:5432'], old: ['10.0.0.4:80'] },
      ...{ rpc: ['10.0.0.5:50051'], secure: ['10.0.0.6:8443'] },
      events: ['10.0.0.7:80', '10.0.0.8:80'],
    }),
  },
  'shared-route': {
    settings: publishSettings({ listeners: [{ port: 8080, protocol: 'http' }] }),
    services: [
      routedService('web-blue', { 'nginx-host': 'a.test', 'nginx-group': 'web', 'nginx-weight': '95' }),
      routedService('web-green', { 'nginx-host': 'a.test', 'nginx-group': 'web', 'nginx-weight': '5' }),
      routedService('web-next', { 'nginx-host': 'a.test', 'nginx-group': 'web', 'nginx-weight': '0' }),
    ],
    endpoints: endpointsOf({
      'web-blue': ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'],
      'web-green': ['10.0.1.1:80'],
      'web-next': ['10.0.2.1:80'],
    }),
  },
}
