import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedCheck } from '../../../core/task/stored-check.ts'

const endpoint = { containerPort: 80, protocol: 'tcp', address: '10.0.0.1', port: 8080, name: null } as const
const definitionOf = (words: Record<string, string>, address: string = endpoint.address) =>
  storedCheck(words, { ...endpoint, address }, Object.keys(words)).check?.definition

test('the target is built from the address and port of the instance', () => {
  const http = { SERVICE_CHECK_HTTP: '/health', SERVICE_CHECK_TIMEOUT: '1s' }
  assert.deepEqual(definitionOf(http), {
    HTTP: 'http://10.0.0.1:8080/health',
    Interval: '10s',
    Timeout: '1s',
  })
  assert.deepEqual(definitionOf({ SERVICE_CHECK_TCP: 'true', SERVICE_CHECK_INTERVAL: '5s' }), {
    TCP: '10.0.0.1:8080',
    Interval: '5s',
  })
  assert.equal(definitionOf({ SERVICE_CHECK_TCP: 'true' }, 'fd00::1')?.TCP, '[fd00::1]:8080')
})

test('HTTPS takes its method, and the word that skips verification', () => {
  const words = {
    SERVICE_CHECK_HTTPS: '/',
    SERVICE_CHECK_HTTPS_METHOD: 'head',
    SERVICE_CHECK_TLS_SKIP_VERIFY: 'true',
  }
  assert.deepEqual(definitionOf(words), {
    HTTP: 'https://10.0.0.1:8080/',
    Method: 'HEAD',
    TLSSkipVerify: true,
    Interval: '10s',
  })
})

test('a word of this port goes before one of all ports', () => {
  const words = { SERVICE_CHECK_HTTP: '/a', SERVICE_80_CHECK_HTTP: '/b' }
  assert.equal(definitionOf(words)?.HTTP, 'http://10.0.0.1:8080/b')
})

test('HTTP goes before HTTPS and TCP, as in registrator', () => {
  const words = { SERVICE_CHECK_TCP: 'true', SERVICE_CHECK_HTTPS: '/s', SERVICE_CHECK_HTTP: '/' }
  assert.equal(definitionOf(words)?.HTTP, 'http://10.0.0.1:8080/')
})

test('a check is critical until it is run, unless its labels say otherwise', () => {
  const first = (words: Record<string, string>) => storedCheck(words, endpoint, []).check?.initial
  assert.equal(first({ SERVICE_CHECK_TCP: 'true' }), 'critical')
  assert.equal(first({ SERVICE_CHECK_TCP: 'true', SERVICE_CHECK_INITIAL_STATUS: 'passing' }), 'passing')
})

test('without a target there is no check', () => {
  assert.equal(definitionOf({ SERVICE_CHECK_INTERVAL: '5s' }), undefined)
  assert.equal(definitionOf({ SERVICE_CHECK_TCP: 'false' }), undefined)
})
