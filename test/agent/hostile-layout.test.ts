import { test } from 'node:test'
import { canonicalJson } from '../../core/canonical.ts'
import { bomb, type HostileCase, judge, recovers, startHostileHost } from '../support/hostile-host.ts'
import { refOf } from '../support/release.ts'

test('whatever a layout says, nginx goes on and nothing is written elsewhere', async (t) => {
  const host = await startHostileHost(t)
  const layout = (over: object) => () => host.publishLayout(over)
  const paths = (...names: string[]) =>
    layout({ files: names.map((path) => ({ path, context: 'http', ...refOf('# x\n') })) })
  const names = [
    ...['/etc/x.conf', '../x.conf', 'a/../../x.conf', 'a/./x.conf', 'a//x.conf', '.x.conf', 'a/.x.conf'],
    ...[
      'a\\..\\x.conf',
      'a\u0000.conf',
      'x.conf\u0000',
      'x',
      'x.conf/',
      '',
      'ü.conf',
      'a b.conf',
      '-x.conf',
      '$x.conf',
      '"x.conf',
      'x;.conf',
    ],
    `${'a'.repeat(300)}.conf`,
    `${'a/'.repeat(9)}x.conf`,
  ]
  await judge(host, [
    ...names.map(
      (name): HostileCase => [name, paths(name), 'rejected', /expected a relative path of safe characters/],
    ),
    ['a path twice', paths('x.conf', 'x.conf'), 'rejected', /each path .* once/],
    ['a file that is a folder', paths('x.conf', 'x.conf/y.conf'), 'rejected', /folder of another/],
    [
      'another context',
      layout({ files: [{ path: 'x.conf', context: 'main', ...refOf('') }] }),
      'rejected',
      /one of http, stream/,
    ],
    [
      'a name that isn’t ours',
      layout({ upstreams: [{ ...upstream, name: 'x { } evil' }] }),
      'rejected',
      /quayside_ with letters/,
    ],
    [
      'a file too large',
      layout({ files: [{ path: 'x.conf', context: 'http', sha256: 'a'.repeat(64), size: 2 ** 29 }] }),
      'rejected',
      /at most 67108864 are allowed/,
    ],
    [
      'a digest that isn’t its own',
      () => host.publishText('layout', '{}', '{"schema":1}'),
      'failed',
      /bytes, signed are|digest/,
    ],
    ['no JSON', () => host.publishText('layout', '{'), 'rejected', /not JSON/],
    ['an object that isn’t there', () => host.publishText('layout', '{"x":1}', null), 'failed', /404/],
    [
      'a bomb',
      () => host.publishText('layout', '{"x":1}', bomb),
      'failed',
      /can't be unpacked into at most 7 bytes/,
    ],
    ['a file of other bytes', () => host.publishWrongFile('y'.repeat(13)), 'failed', /digest .*, signed is/],
    [
      'a file of more bytes',
      () => host.publishWrongFile('# x\n'.repeat(5_000)),
      'failed',
      /larger than|bytes, signed are/,
    ],
    ['a file that is a bomb', () => host.publishWrongFile(bomb), 'failed', /can't be unpacked|larger than/],
  ])
  await recovers(host)
})

test('whatever the endpoints say, no line of nginx is made of it', async (t) => {
  const host = await startHostileHost(t)
  const server = { address: '127.0.0.1', port: 80, weight: 1 }
  const servers = (over: object) => () =>
    host.publishText(
      'endpoints',
      canonicalJson({ schema: 1, sources: { 'web@dc1': [{ ...server, ...over }] } }),
    )
  const names = [
    'evil.example.com',
    '127.0.0.1; } server {',
    '$host',
    'unix:/run/docker.sock',
    '127.0.0.1:80',
    '[::1]',
    '::1%eth0',
    '010.0.0.1',
    '1.2.3',
    '',
  ]
  await judge(host, [
    ...names.map(
      (address): HostileCase => [address, servers({ address }), 'rejected', /an IPv4 or IPv6 address/],
    ),
    ...['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254'].map(
      (address): HostileCase => [
        address,
        servers({ address }),
        'rejected',
        /link-local or of the metadata service/,
      ],
    ),
    ['no port', servers({ port: 0 }), 'rejected', /whole number from 1 to 65535/],
    ['a port as text', servers({ port: '80; }' }), 'rejected', /whole number/],
    ['a weight below one', servers({ weight: 0 }), 'rejected', /whole number from 1/],
    [
      'sources as a list',
      () => host.publishText('endpoints', '{"schema":1,"sources":[]}'),
      'rejected',
      /an object/,
    ],
  ])
  await recovers(host)
})

const upstream = {
  ...{ name: 'quayside_web', context: 'http', method: 'round_robin', keepalive: 0 },
  ...{ maxFails: 1, failTimeoutSeconds: 10, sources: [] },
}
