import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLibraries } from '../../../local/tools/package-libraries.ts'

const table: [string, string, string[]][] = [
  [
    'libraries are taken, services and defaults are not',
    'libc6 (>= 2.34), libssl3 (>= 3.0.0), zlib1g (>= 1:1.1.4), iproute2, nginx-common (<< 1.22.1)',
    ['libc6', 'libssl3', 'zlib1g'],
  ],
  ['server modules and virtual packages are not', 'nginx-abi-1.22.1-7, libnginx-mod-http-geoip', []],
  ['the first alternative counts', 'libssl3t64 | libssl3, adduser', ['libssl3t64']],
  ['no dependencies give none', '', []],
]
for (const [rule, depends, expected] of table) {
  test(`of a package's dependencies, ${rule}`, () => assert.deepEqual(parseLibraries(depends), expected))
}
