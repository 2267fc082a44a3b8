import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  candidateConf,
  includedFolders,
  includesFile,
  isPidTwice,
  notIncluded,
} from '../../../core/host/candidate-conf.ts'

test('a candidate differs from the main configuration in its entry includes alone', () => {
  const main =
    'http { include "/e/http.conf"; include /e/http.conf.d/x; }\nstream{include /e/stream.conf ;}\n'
  const result = candidateConf(
    main,
    new Map([
      ['/e/http.conf', '/c/0'],
      ['/e/stream.conf', '/c/1'],
    ]),
    null,
  )
  assert.equal(result, 'http { include "/c/0"; include /e/http.conf.d/x; }\nstream{include "/c/1";}\n')
})

test('an include in a comment is none, and neither is one of a file with a longer name', () => {
  assert.equal(includesFile('http {\n  # include /e/http.conf;\n}', '/e/http.conf'), false)
  assert.equal(includesFile('http { gzip on; # include /e/http.conf;\n}', '/e/http.conf'), false)
  assert.equal(includesFile('http { include /e/http.conf.d/x; }', '/e/http.conf'), false)
  assert.equal(includesFile("http { include '/e/http.conf' ; }", '/e/http.conf'), true)
  assert.equal(includesFile('http { set $a b#c; include /e/http.conf; }', '/e/http.conf'), true)
  assert.match(notIncluded('/e/http.conf').message, /include \/e\/http\.conf;/)
})

test('a candidate has a pid file of its own, so that a test leaves the live one alone', () => {
  const main = 'user www-data;\n  pid /run/nginx.pid; # pid here\nhttp { include /e; }\n'
  assert.equal(
    candidateConf(main, new Map([['/e', '/c/0']]), '/c/pid'),
    'user www-data;\n  pid "/c/pid"; # pid here\nhttp { include "/c/0"; }\n',
  )
})

test('where the main configuration states no pid file, the candidate does, before everything else', () => {
  const silent = 'http { include /e; }\n'
  const stated = candidateConf(silent, new Map([['/e', '/c/0']]), '/c/pid')
  assert.equal(stated, 'pid "/c/pid"; http { include "/c/0"; }\n')
  assert.equal(isPidTwice('nginx: [emerg] "pid" directive is duplicate in /e/x.conf:1'), true)
})

test('folders are those that are included by a pattern, and copies take their place', () => {
  const main = `include modules/*.conf;
http {
  include /e/conf.d/*.conf;include '/e/sites/*' ;
  include /e/mime.types;
  # include /e/old/*;
}
`
  const folders = includedFolders(main, '/e')
  assert.deepEqual(folders, [
    { written: 'modules', path: '/e/modules' },
    { written: '/e/conf.d', path: '/e/conf.d' },
    { written: '/e/sites', path: '/e/sites' },
  ])
  const copies = folders.slice(0, 2).map((folder, i) => ({ ...folder, copy: `/c/${i}` }))
  assert.equal(
    candidateConf(main, new Map(), null, copies),
    main.replace('modules/*.conf', '"/c/0/*.conf"').replace('/e/conf.d/*.conf', '"/c/1/*.conf"'),
  )
})
