import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  channelName,
  datacenter,
  deploymentId,
  filePath,
  hostName,
  keyPrefix,
  network,
  requestPath,
  serviceName,
} from '../../../core/settings/fields.ts'
import type { Reader } from '../../../core/settings/reader.ts'

type Row = readonly [reader: Reader<string>, good: readonly string[], bad: readonly unknown[]]

const table: Readonly<Record<string, Row>> = {
  'a deployment id': [deploymentId, ['a', 'blue-2'], ['', '2blue', 'Blue', 'a_b', 'a'.repeat(32), 7, null]],
  'a key prefix': [keyPrefix, ['quayside', 'apps/quayside'], ['', '/a', 'a/', 'a//b', 'a b', '..', 'a/../b']],
  'a datacenter': [datacenter, ['dc1', 'eu_west-1'], ['', 'DC1', 'dc 1', 'dc/1']],
  'a channel name': [channelName, ['current', 'canary-2'], ['', '.', '../current', 'a/b', 'a;b']],
  'a host name': [
    hostName,
    ['example.com', '*.example.com', 'localhost', 'a_b.example.com'],
    ['', '.', 'a..b', 'a b', 'a;b', '*', 'a.*.b', 'a{', '$host', '~^x', 'a\nb', 'a'.repeat(254)],
  ],
  'a request path': [
    requestPath,
    ['/', '/api/', '/a.b/%20'],
    ['', 'api', '/a b', '/a;', '/{', '/$uri', '/"', "/'", '/\\', '/#', '/a\nb'],
  ],
  'a file path': [
    filePath,
    ['/etc/nginx/tls/a.pem'],
    ['', 'a.pem', '/a b', '/a;b', '/a"', '/$x', `/${'a'.repeat(256)}`],
  ],
  'a service name': [serviceName, ['web', 'web-80', 'Web.v2'], ['', '-web', 'a b', 'a/b', 'a"']],
  'a network': [
    network,
    ['10.0.0.0/8', '0.0.0.0/0', '192.0.2.1/32', 'fc00::/7', '::1/128'],
    ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '256.0.0.0/8', 'fc00::/129', 'x/8', '10.0.0.0/8/8', '10.0.0.0/'],
  ],
}

for (const [name, [reader, good, bad]] of Object.entries(table))
  test(`${name} is read as it is, and anything else is refused with one problem`, () => {
    for (const value of good) assert.equal(reader(value, 'here', []), value)
    for (const value of bad) {
      const problems: string[] = []
      reader(value, 'here', problems)
      assert.equal(problems.length, 1, `${JSON.stringify(value)} was accepted`)
      assert.match(problems[0] ?? '', /^here: expected .+, got .+/)
    }
  })
