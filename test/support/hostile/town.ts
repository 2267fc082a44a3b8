import { publishSettings } from '../routes.ts'
import { type RawService, rawService } from './raw-catalog.ts'

export const townSettings = publishSettings({
  listeners: [
    { port: 8080, protocol: 'http' },
    { port: 8443, protocol: 'https' },
    { port: 15_432, protocol: 'tcp' },
    { port: 15_353, protocol: 'udp' },
    { port: 15_433, protocol: 'tls' },
  ],
  networks: ['10.0.0.0/8', 'fd00::/8'],
  certificates: [
    { name: 'site', hosts: ['rpc.test', 'shop.test'], cert: 'certs/site.pem', key: 'certs/site.key' },
  ],
})

/** Decent services of every kind, which nothing in another service may touch; between them they use all of the templates. */
export const neighbours: readonly RawService[] = [
  rawService('canary-blue', { 'nginx-host': 'canary.test', 'nginx-group': 'canary', 'nginx-weight': '90' }),
  rawService('canary-green', { 'nginx-host': 'canary.test', 'nginx-group': 'canary', 'nginx-weight': '10' }),
  rawService(
    'db',
    { 'nginx-proto': 'tcp', 'nginx-allow': '10.0.0.0/8' },
    { addresses: ['10.1.0.1', 'fd00::1'] },
  ),
  rawService('db-tls', { 'nginx-proto': 'tcp', 'nginx-listen': '15433', 'nginx-cert': 'site' }),
  rawService('dns', { 'nginx-proto': 'udp', 'nginx-lb': 'ip_hash' }),
  rawService('hashed', { 'nginx-host': 'hashed.test', 'nginx-lb': 'hash_uri' }),
  rawService('random', { 'nginx-host': 'random.test', 'nginx-lb': 'random_two' }),
  rawService('elsewhere', { 'nginx-host': 'old.test', 'nginx-redirect': '301,https://new.test$request_uri' }),
  rawService('moved', { 'nginx-host': 'moved.test', 'nginx-https': 'redirect', 'nginx-cert': 'site' }),
  rawService('rpc', { 'nginx-host': 'rpc.test', 'nginx-proto': 'grpc' }),
  rawService('rpc-tls', { 'nginx-host': 'rpc.test', 'nginx-proto': 'grpcs', 'nginx-path': '/tls.Service' }),
  rawService('secure', {
    ...{
      'nginx-host': 'secure.test',
      'nginx-proto': 'https',
      'nginx-websocket': 'false',
      'nginx-tries': '2',
    },
    ...{ 'nginx-hsts': '365d; includeSubDomains', 'nginx-cert': 'site', 'nginx-buffering': 'off' },
    ...{ 'nginx-next-upstream': 'error,timeout,http_503', 'nginx-sticky': 'session', 'nginx-max-conns': '9' },
  }),
  rawService('shop', { 'nginx-host': 'shop.test' }, { addresses: ['10.2.0.1', '10.2.0.2'] }),
  rawService('shop-api', { 'nginx-host': 'shop.test', 'nginx-path': '/api', 'nginx-strip': '/api' }),
]

/** A service with routes of its own, a named one among them, and two instances, in good order until something is planted. */
export function victim(at: number): RawService {
  const name = `evil${at}`
  const meta = {
    'nginx-host': `${name}.test`,
    'nginx-route-b-host': `b.${name}.test`,
    'nginx-route-b-path': '/b',
  }
  return rawService(name, meta, {
    addresses: [`10.66.${at >> 8}.${at & 255}`, `10.67.${at >> 8}.${at & 255}`],
  })
}
