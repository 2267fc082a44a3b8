import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNginxBuild } from '../../../local/tools/probe.ts'

const table: [string, string, ReturnType<typeof parseNginxBuild>][] = [
  [
    'Debian, with the stream module apart',
    'nginx version: nginx/1.22.1\nconfigure arguments: --modules-path=/usr/lib/nginx/modules --with-stream=dynamic --with-stream_ssl_module',
    { version: '1.22.1', stream: 'module', modulesPath: '/usr/lib/nginx/modules' },
  ],
  [
    'nginx.org and Homebrew, with stream built in',
    'nginx version: nginx/1.29.3\nconfigure arguments: --with-stream --with-stream_ssl_module',
    { version: '1.29.3', stream: 'built-in', modulesPath: '/usr/lib/nginx/modules' },
  ],
  [
    'OpenResty, without stream',
    'nginx version: openresty/1.25.3.2\nconfigure arguments: --with-stream_ssl_module',
    { version: '1.25.3', stream: 'none', modulesPath: '/usr/lib/nginx/modules' },
  ],
  ['another program', 'usage: something', undefined],
]
for (const [what, text, expected] of table) {
  test(`the build of ${what} is read`, () => assert.deepEqual(parseNginxBuild(text), expected))
}
