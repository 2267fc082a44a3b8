import assert from 'node:assert/strict'
import { test } from 'node:test'
import { familyOf, installHint } from '../../../local/tools/install-hint.ts'

const os = (id: string, like: string[] = []) => ({ id, like, codename: '', name: id })

const families: [NodeJS.Platform, ReturnType<typeof os> | undefined, string][] = [
  ['darwin', undefined, 'macos'],
  ['linux', os('debian'), 'debian'],
  ['linux', os('linuxmint', ['ubuntu', 'debian']), 'debian'],
  ['linux', os('amzn', ['fedora']), 'redhat'],
  ['linux', os('rocky', ['rhel', 'centos', 'fedora']), 'redhat'],
  ['linux', os('alpine'), 'other'],
  ['linux', undefined, 'other'],
  ['win32', undefined, 'other'],
]
for (const [platform, value, expected] of families) {
  test(`on ${platform} ${value?.id ?? ''} the commands are those of ${expected}`, () => {
    assert.equal(familyOf(platform, value), expected)
  })
}

test('one message names every missing program, the reason, the commands and the variables', () => {
  const text = installHint(['consul', 'nginx'], { platform: 'darwin', os: undefined }, 'not on PATH')
  for (const part of [
    'consul and nginx',
    'not on PATH',
    'brew install hashicorp/tap/consul',
    'brew install nginx',
    'CONSUL_BIN=',
    'NGINX_BIN=',
  ]) {
    assert.ok(text.includes(part), part)
  }
})

test('a program that is there is not mentioned', () => {
  const text = installHint(['consul'], { platform: 'linux', os: os('ubuntu') }, 'no package')
  assert.ok(!text.includes('nginx'))
})
