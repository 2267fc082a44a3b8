import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AptSource, mirrorsOf, parseIndexTargets } from '../../../local/tools/apt-sources.ts'

const source = (uri: string, release: string, component = 'main'): AptSource => ({ uri, release, component })

test('index targets are read by line, binary package indexes only', () => {
  const text = [
    'Packages\thttp://mirror.test/debian/\tbookworm\tmain',
    'Translations\thttp://mirror.test/debian/\tbookworm\tmain',
    'Sources\thttp://mirror.test/debian/\tbookworm\tmain',
    'Packages\thttp://flat.test/\t\t',
    'E: Malformed entry 1 in list file',
    '',
  ].join('\n')
  assert.deepEqual(parseIndexTargets(text), [source('http://mirror.test/debian/', 'bookworm')])
})

const mirrors: [string, AptSource[], string[]][] = [
  [
    'the one that also has updates comes first, whatever the order of the files',
    [
      source('http://vendor.test/', 'bookworm'),
      source('http://m.test/', 'bookworm'),
      source('http://m.test/', 'bookworm-updates'),
    ],
    ['http://m.test/', 'http://vendor.test/'],
  ],
  ['a release named by its role counts', [source('http://m.test/', 'stable')], ['http://m.test/']],
  [
    'other releases, other components, security archives and discs do not count',
    [
      source('http://a.test/', 'nodistro'),
      source('http://b.test/', 'bookworm', 'stable'),
      source('http://c.test/', 'bookworm-security'),
      source('cdrom:[Debian]/', 'bookworm'),
    ],
    [],
  ],
  [
    'an address that is configured twice counts once',
    [source('http://m.test/', 'bookworm'), source('http://m.test/', 'stable')],
    ['http://m.test/'],
  ],
  [
    'mirror lists and credentials are kept as they are',
    [source('mirror+file:/etc/apt/m.list', 'bookworm')],
    ['mirror+file:/etc/apt/m.list'],
  ],
]
for (const [rule, sources, expected] of mirrors) {
  test(`of the mirrors, ${rule}`, () => {
    assert.deepEqual(mirrorsOf(sources, ['bookworm', 'stable']), expected)
  })
}
