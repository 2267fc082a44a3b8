import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOsRelease } from '../../../local/tools/os-release.ts'

const table: [string, string, ReturnType<typeof parseOsRelease>][] = [
  [
    'Debian',
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n',
    { id: 'debian', like: [], codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
  ],
  [
    'Ubuntu',
    'PRETTY_NAME="Ubuntu 24.04 LTS"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n',
    { id: 'ubuntu', like: ['debian'], codename: 'noble', name: 'Ubuntu 24.04 LTS' },
  ],
  [
    'Amazon Linux',
    'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
    { id: 'amzn', like: ['fedora'], codename: '', name: 'Amazon Linux' },
  ],
  [
    'single quotes, escapes, comments and carriage returns',
    '# ID=no\nID=\'Rocky\'\r\nID_LIKE=\'rhel centos  fedora\'\nNAME="A \\"B\\""\n',
    { id: 'rocky', like: ['rhel', 'centos', 'fedora'], codename: '', name: 'A "B"' },
  ],
  ['nothing', '', { id: '', like: [], codename: '', name: '' }],
]
for (const [what, text, expected] of table) {
  test(`os-release of ${what} is read`, () => assert.deepEqual(parseOsRelease(text), expected))
}
