import type { CertificateSettings, ListenerSettings } from '../../core/settings/settings.ts'
import type { GoldenCatalog } from './golden-catalogs.ts'
import { endpointsOf, publishSettings, routedService } from './routes.ts'

const plain: readonly ListenerSettings[] = [{ port: 8080, protocol: 'http' }]
const secure: readonly ListenerSettings[] = [...plain, { port: 8443, protocol: 'https' }]
const certificate: CertificateSettings = {
  name: 'site',
  hosts: ['example.com', '*.example.com'],
  cert: 'certs/site.pem',
  key: 'certs/site.key',
}
const other: CertificateSettings = { ...certificate, name: 'other', hosts: ['other.test'] }

/** Catalogs about one topic each, for the golden files. */
export const goldenTopics: Readonly<Record<string, GoldenCatalog>> = {
  paths: {
    settings: publishSettings({ listeners: plain }),
    services: [
      routedService('api', { 'nginx-host': 'a.test', 'nginx-path': '/api/', 'nginx-strip': 'true' }),
      routedService('api-v2', { 'nginx-host': 'a.test', 'nginx-path': '/api/v2', 'nginx-strip': '/api' }),
      routedService('health', { 'nginx-host': 'a.test', 'nginx-path': '/api', 'nginx-path-type': 'exact' }),
      routedService('files', {
        'nginx-host': 'b.test',
        'nginx-path': '/~files/v1.0',
        'nginx-body-size': '0',
      }),
      routedService('site', {
        ...{ 'nginx-host': 'a.test,www.a.test', 'nginx-route-old-host': 'old.a.test' },
        ...{ 'nginx-route-old-path': '/archive', 'nginx-route-old-read-timeout': '90s' },
      }),
    ],
    endpoints: endpointsOf({ api: ['10.0.0.1:80'], 'api-v2': ['10.0.0.2:80'], site: ['10.0.0.3:80'] }),
  },
  canary: {
    settings: publishSettings({ listeners: plain }),
    services: [
      routedService('app-a', { 'nginx-host': 'a.test', 'nginx-group': 'app', 'nginx-weight': '50' }),
      routedService('app-b', { 'nginx-host': 'a.test', 'nginx-group': 'app', 'nginx-weight': '49' }),
      routedService('app-c', {
        ...{ 'nginx-host': 'a.test', 'nginx-group': 'app', 'nginx-weight': '1' },
        ...{ 'nginx-lb': 'hash_uri', 'nginx-read-timeout': '1m' },
      }),
      routedService('lone', { 'nginx-host': 'b.test', 'nginx-group': 'app', 'nginx-weight': '0' }),
    ],
    endpoints: endpointsOf({
      ...{ 'app-a': ['10.0.0.1:80'], 'app-b': ['10.0.1.1:80', '10.0.1.2:80', '10.0.1.3:80'] },
      ...{ 'app-c': ['10.0.2.1:80', '10.0.2.2:80'], lone: ['10.0.3.1:80'] },
    }),
  },
  grpc: {
    settings: publishSettings({ listeners: secure, certificates: [certificate] }),
    services: [
      routedService('rpc', { 'nginx-host': 'rpc.example.com', 'nginx-proto': 'grpc' }),
      routedService('rpc-tls', {
        ...{ 'nginx-host': 'rpc.example.com', 'nginx-proto': 'grpcs', 'nginx-path': '/pkg.Service' },
        ...{ 'nginx-read-timeout': '1h', 'nginx-send-timeout': '1h', 'nginx-allow': '10.0.0.0/8' },
      }),
      routedService('web', { 'nginx-host': 'rpc.example.com', 'nginx-path': '/web' }),
    ],
    endpoints: endpointsOf({ rpc: ['10.0.0.1:50051'], web: ['10.0.0.2:80'] }),
  },
  websocket: {
    settings: publishSettings({ listeners: plain }),
    services: [
      routedService('chat', { 'nginx-host': 'chat.test', 'nginx-read-timeout': '1h' }),
      routedService('none', { 'nginx-host': 'chat.test', 'nginx-path': '/none', 'nginx-websocket': 'false' }),
    ],
    endpoints: endpointsOf({ chat: ['10.0.0.1:80'], none: ['10.0.0.2:80'] }),
  },
  streams: {
    settings: publishSettings({
      listeners: [
        { port: 15_432, protocol: 'tcp' },
        { port: 15_433, protocol: 'tcp' },
        { port: 15_353, protocol: 'udp' },
        { port: 15_354, protocol: 'udp' },
      ],
    }),
    services: [
      routedService('db', {
        ...{
          'nginx-proto': 'tcp',
          'nginx-listen': '15432',
          'nginx-lb': 'random_two',
          'nginx-deny': '10.9.0.0/16',
        },
        ...{
          'nginx-allow': '10.0.0.0/8,fd00::/8',
          'nginx-read-timeout': '1h',
          'nginx-connect-timeout': '5s',
        },
      }),
      routedService('dns', { 'nginx-proto': 'udp', 'nginx-listen': '15353' }),
      routedService('mail', { 'nginx-proto': 'tcp', 'nginx-listen': '15433', 'nginx-lb': 'ip_hash' }),
      routedService('syslog', { 'nginx-proto': 'udp', 'nginx-listen': '15354', 'nginx-read-timeout': '5s' }),
    ],
    endpoints: endpointsOf({ db: ['10.0.0.1:5432', '10.0.0.2:5432'], dns: ['10.0.0.3:53', '[fd00::3]:53'] }),
  },
  tls: {
    settings: publishSettings({ listeners: secure, certificates: [certificate, other] }),
    services: [
      routedService('both', { 'nginx-host': 'example.com' }),
      routedService('named', {
        'nginx-host': 'elsewhere.test',
        'nginx-cert': 'other',
        'nginx-https': 'only',
      }),
      routedService('never', { 'nginx-host': 'off.example.com', 'nginx-https': 'off' }),
      routedService('upstream', { 'nginx-host': 'other.test', 'nginx-proto': 'https' }),
    ],
    endpoints: endpointsOf({ both: ['10.0.0.1:80'], upstream: ['10.0.0.2:443'] }),
  },
  redirects: {
    settings: publishSettings({ listeners: secure, certificates: [certificate] }),
    services: [
      routedService('all', { 'nginx-host': '*.example.com', 'nginx-https': 'redirect' }),
      routedService('part', { 'nginx-host': 'example.com', 'nginx-https': 'redirect', 'nginx-path': '/in' }),
      routedService('rest', { 'nginx-host': 'example.com' }),
    ],
    endpoints: endpointsOf({ all: ['10.0.0.1:80'], part: ['10.0.0.2:80'], rest: ['10.0.0.3:80'] }),
  },
  access: {
    settings: publishSettings({ listeners: plain }),
    services: [
      routedService('deny', { 'nginx-host': 'a.test', 'nginx-deny': '10.66.1.2/16 fd66::1/16' }),
      routedService('allow', { 'nginx-host': 'b.test', 'nginx-allow': '10.1.2.3,::ffff:10.2.0.0' }),
      routedService('both', {
        'nginx-host': 'c.test',
        'nginx-allow': '0.0.0.0/0',
        'nginx-deny': '10.66.0.0/16',
      }),
    ],
    endpoints: endpointsOf({ deny: ['10.0.0.1:80'] }),
  },
  'empty-upstreams': {
    settings: publishSettings({
      listeners: [...plain, { port: 15_432, protocol: 'tcp' }],
      defaultServer: false,
    }),
    services: [
      routedService('db', { 'nginx-proto': 'tcp' }),
      ...['round_robin', 'least_conn', 'ip_hash', 'random_two', 'hash_uri'].map((method) =>
        routedService(`web-${method}`, {
          'nginx-host': `${method.replace('_', '-')}.test`,
          'nginx-lb': method,
        }),
      ),
    ],
    endpoints: endpointsOf({}),
  },
  ipv6: {
    settings: publishSettings({ listeners: plain }),
    services: [routedService('web', { 'nginx-host': 'a.test', 'nginx-allow': 'fd00::/8' })],
    endpoints: endpointsOf({ web: ['[fd00::10]:80', '[fd00::2]:80', '10.0.0.1:80', '[fd00:0:0:1::]:8080'] }),
  },
  'operator-routes': {
    settings: publishSettings({
      listeners: plain,
      routes: [
        { host: 'a.test', path: '/admin', service: 'admin', port: null },
        { host: 'ops.test', path: '/', service: 'nobody', port: 8080 },
      ],
      owners: [
        { host: '*.team.test', clusters: ['team'], services: [] },
        { host: 'a.test', clusters: [], services: ['web'] },
      ],
    }),
    services: [
      routedService('admin', { 'nginx-host': 'admin.test', 'nginx-read-timeout': '5m' }),
      routedService('taker', { 'nginx-host': 'a.test', 'nginx-path': '/admin' }),
      routedService('web', { 'nginx-host': 'a.test' }),
      routedService('mine', { 'nginx-host': 'mine.team.test' }, { cluster: 'team' }),
      routedService('theirs', { 'nginx-host': 'theirs.team.test' }, { cluster: 'main' }),
    ],
    endpoints: endpointsOf({ admin: ['10.0.0.1:80'], web: ['10.0.0.2:80'], mine: ['10.0.0.3:80'] }),
  },
  weights: {
    settings: publishSettings({ listeners: plain }),
    services: [
      routedService('web', { 'nginx-host': 'a.test', 'nginx-max-fails': '1', 'nginx-fail-timeout': '1m' }),
      routedService('hashed', { 'nginx-host': 'b.test', 'nginx-lb': 'hash_uri' }),
    ],
    endpoints: {
      schema: 1,
      sources: {
        'web@dc1': [
          { address: '10.0.0.1', port: 80, weight: 10 },
          { address: '10.0.0.2', port: 80, weight: 5 },
          { address: '10.0.0.3', port: 80, weight: 65_535 },
        ],
        'hashed@dc1': [
          { address: '10.0.0.4', port: 80, weight: 65_535 },
          { address: '10.0.0.5', port: 80, weight: 1 },
        ],
      },
    },
  },
  'several-listeners': {
    settings: publishSettings({
      listeners: [...secure, { port: 8081, protocol: 'http' }, { port: 8444, protocol: 'https' }],
      certificates: [certificate],
      method: 'round_robin',
      keepalive: 0,
    }),
    services: [
      routedService('web', { 'nginx-host': 'example.com' }),
      routedService('inner', { 'nginx-host': 'inner.test', 'nginx-listen': '8081' }),
      routedService('far', {
        'nginx-host': 'far.example.com',
        'nginx-listen': '8444',
        'nginx-https': 'only',
      }),
    ],
    endpoints: endpointsOf({ web: ['10.0.0.1:80'], inner: ['10.0.0.2:80'], far: ['10.0.0.3:80'] }),
  },
}
