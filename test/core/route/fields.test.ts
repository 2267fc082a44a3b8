import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  duration,
  integer,
  list,
  oneOf,
  type Reader,
  readHost,
  readNetwork,
  readPath,
  readSize,
} from '../../../core/route/fields.ts'

const invalid = Symbol('invalid')

function check<T>(reader: Reader<T>, table: readonly (readonly [string, T | typeof invalid])[]): void {
  for (const [text, expected] of table) {
    const reading = reader(text)
    assert.deepEqual(
      'value' in reading ? reading.value : invalid,
      expected,
      JSON.stringify(text.slice(0, 80)),
    )
  }
}

test('host names follow the rules of DNS labels', () => {
  check(readHost, [
    ['Example.COM.', 'example.com'],
    ['*.example.com', '*.example.com'],
    ['a', 'a'],
    [`${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
    [`${'a'.repeat(64)}.test`, invalid],
    [Array(64).fill('abc').join('.'), invalid],
    ...[
      '',
      '.',
      'a..b',
      '-a.test',
      'a-.test',
      '*',
      '*.*.test',
      'a.*.test',
      'a_b',
      'a b',
      'ä.test',
      'a:80',
      '~^a$',
    ].map((text) => [text, invalid] as const),
  ])
})

test('paths are such as a normalised request can have', () => {
  check(readPath, [
    ['/', '/'],
    ['/a/B.c_d~e-f/', '/a/B.c_d~e-f/'],
    ['/.well-known', '/.well-known'],
    [`/${'a'.repeat(1023)}`, `/${'a'.repeat(1023)}`],
    [`/${'a'.repeat(1024)}`, invalid],
    ...[
      '',
      'a',
      '//',
      '/a//b',
      '/.',
      '/..',
      '/a/../b',
      '/a/./b',
      '/a b',
      '/a;',
      '/%41',
      '/a?b',
      '/{',
      '/a\n',
    ].map((text) => [text, invalid] as const),
  ])
})

test('times, sizes, numbers and words are read within their bounds', () => {
  check(duration(1, 60_000), [
    ['500ms', 500],
    ['5', 5_000],
    ['1m', 60_000],
    ...['61s', '0', '1h', '-1s', '1.5s', '5 s', '1d', '', '1e3'].map((text) => [text, invalid] as const),
  ])
  check(readSize, [
    ['10M', '10m'],
    ['0', '0'],
    ...['', '10mb', '-1', '1 k', '99999999'].map((text) => [text, invalid] as const),
  ])
  check(integer(0, 100), [
    ['0', 0],
    ['100', 100],
    ...['101', '-1', '1.0', '0x1', '', ' 1'].map((text) => [text, invalid] as const),
  ])
  check(oneOf('a', 'b'), [
    ['b', 'b'],
    ['c', invalid],
    ['constructor', invalid],
  ])
})

test('lists are sorted, hold each value once, and are refused as a whole', () => {
  check(list(readHost, 2), [
    ['b.test, a.test b.test', ['a.test', 'b.test']],
    ['a,b,c', invalid],
    ['a,b c;', invalid],
    ['', invalid],
    [' , ', invalid],
  ])
})

test('networks lose their host bits', () => {
  check(readNetwork, [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['FD00::1/8', 'fd00::/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ...['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'all', '10.0.0.0/8;', '10.0.0.0/-1', ''].map(
      (text) => [text, invalid] as const,
    ),
  ])
})
