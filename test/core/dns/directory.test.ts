import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeAnswer, type Transport } from '../../../core/dns/answer.ts'
import { type Directory, emptyDirectory, find, openDirectory } from '../../../core/dns/directory.ts'
import { serviceName, upstreamName } from '../../../core/dns/names.ts'
import { parseQuery } from '../../../core/dns/query.ts'
import { noRecords } from '../../../core/dns/records.ts'
import type { DnsTarget, DnsZone } from '../../../core/dns/zone.ts'
import { formatAddress, parseAddress } from '../../../core/route/address.ts'
import { decodeMessage, queryFor, wireTypes } from '../../support/dns.ts'
import { property } from '../../support/scale.ts'

const web = upstreamName('http', 'quayside_web')
const codes = { ok: 0, malformed: 1, failed: 2, unsupported: 4, refused: 5 }

function ask(directory: Directory, message: Uint8Array, transport: Transport = 'tcp') {
  const query = parseQuery(message) ?? assert.fail('no query')
  const { problem } = query
  const finding = problem === null ? find(directory, query) : { code: problem, records: noRecords }
  const answer = encodeAnswer(query, finding, transport).message
  return { ...decodeMessage(answer), size: answer.length }
}

const answersTo = (directory: Directory, name: string, type: number) =>
  ask(directory, queryFor({ name, type })).answers

/** What nginx makes of the answers: each server of the list with the addresses of its name. */
function resolve(directory: Directory, name: string): readonly string[] {
  return answersTo(directory, serviceName(name), wireTypes.SRV)
    .flatMap(({ target, port, weight }) =>
      [wireTypes.A, wireTypes.AAAA]
        .flatMap((type) => answersTo(directory, target, type))
        .map(({ address }) => `${address} ${port} ${weight}`),
    )
    .sort()
}

const spelled = ({ address, port, weight }: DnsTarget) =>
  `${formatAddress(parseAddress(address) ?? [])} ${port} ${weight}`

const fleet = (
  count: number,
  target: (at: number) => Partial<DnsTarget> = () => ({}),
): readonly DnsTarget[] =>
  Array.from({ length: count }, (_, at) => ({
    address: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
    port: 8080,
    weight: 1,
    ...target(at),
  }))

const open = (...lists: readonly (readonly DnsTarget[])[]): Directory =>
  lists.reduce((before, list) => openDirectory(new Map([[web, list]]), before), emptyDirectory)

const anyTarget = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.oneof(fc.constantFrom(80, 8080), fc.integer({ min: 1, max: 65_535 })),
  weight: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 65_535 })),
})
const anyList = fc.uniqueArray(anyTarget, {
  minLength: 1,
  maxLength: 80,
  selector: (one) => `${addressKey(one)} ${one.port}`,
})
const addressKey = ({ address }: DnsTarget) => String(parseAddress(address))
const anyZone: fc.Arbitrary<DnsZone> = fc
  .dictionary(fc.stringMatching(/^[a-z0-9_]{1,70}$/), anyList, { minKeys: 1, maxKeys: 5 })
  .map(
    (lists) =>
      new Map(Object.entries(lists).map(([name, list]) => [upstreamName('http', `quayside_${name}`), list])),
  )

test('whatever the zone, the answers say it and nothing else, after whatever zone came before', () => {
  fc.assert(
    fc.property(anyZone, anyZone, (before, zone) => {
      const directory = openDirectory(zone, openDirectory(before, emptyDirectory))
      for (const [name, targets] of zone)
        assert.deepEqual(resolve(directory, name), targets.map(spelled).sort())
      for (const name of before.keys())
        if (!zone.has(name))
          assert.equal(
            ask(directory, queryFor({ name: serviceName(name), type: wireTypes.SRV })).code,
            codes.failed,
          )
    }),
    property(1_000),
  )
})

test('a list is asked for again after a second, and a name that says its address after an hour', () => {
  const few = open(fleet(2))
  const [first] = answersTo(few, serviceName(web), wireTypes.SRV)
  assert.deepEqual([first?.ttl, first?.priority, first?.target], [1, 0, 'a-0a000000.quayside'])
  assert.equal(answersTo(few, 'a-0a000000.quayside', wireTypes.A)[0]?.ttl, 3_600)
  const many = open(fleet(100))
  const [group] = answersTo(many, serviceName(web), wireTypes.SRV)
  assert.equal(group?.target, `s-8080-1.${web}`)
  assert.deepEqual(
    new Set(answersTo(many, `s-8080-1.${web}`, wireTypes.A).map(({ ttl }) => ttl)),
    new Set([1]),
  )
})

test('servers on many ports of few machines are named by these machines', () => {
  const directory = open(fleet(200, (at) => ({ address: `10.0.0.${at % 40}`, port: 30_000 + at })))
  const targets = answersTo(directory, serviceName(web), wireTypes.SRV).map(({ target }) => target)
  assert.deepEqual([targets.length, new Set(targets).size], [200, 40])
})

test('a name without an answer of that type is there; a name without servers, or of nobody, is a failure', () => {
  const directory = openDirectory(
    new Map([
      [web, fleet(1)],
      ['empty.http.quayside', []],
    ]),
    emptyDirectory,
  )
  const code = (name: string, type: number) => {
    const { code, answers } = ask(directory, queryFor({ name, type }))
    return [code, answers.length]
  }
  assert.deepEqual(code('a-0a000000.quayside', wireTypes.A), [codes.ok, 1])
  assert.deepEqual(code('a-0a000000.quayside', wireTypes.AAAA), [codes.ok, 0])
  assert.deepEqual(code(serviceName(web), wireTypes.A), [codes.ok, 0])
  const nobody = [
    'empty.http.quayside',
    serviceName('empty.http.quayside'),
    web,
    'a-0a0000ff.quayside',
    'example.org',
  ]
  for (const name of nobody)
    for (const type of Object.values(wireTypes)) assert.deepEqual(code(name, type), [codes.failed, 0], name)
})

test('an address is known for as long as a list that named it may be in use', () => {
  const address = (directory: Directory) =>
    ask(directory, queryFor({ name: 'a-0a000000.quayside', type: wireTypes.A })).code
  const other = fleet(1, () => ({ address: '10.9.9.9' }))
  assert.deepEqual(
    [address(open(fleet(1))), address(open(fleet(1), other)), address(open(fleet(1), other, other))],
    [0, 0, codes.failed],
  )
})

test('names are found in whatever case, and the question comes back as it was asked', () => {
  const name = '_HTTP._tcp.Quayside_WEB.http.QUAYSIDE'
  const { code, question, id, flags } = ask(
    open(fleet(1)),
    queryFor({ name, type: wireTypes.SRV }, { id: 0xbeef }),
  )
  assert.deepEqual([code, question, id, flags], [codes.ok, [{ name, type: wireTypes.SRV }], 0xbeef, 0x8500])
})

test('what this server does not do is refused, not failed', () => {
  const directory = open(fleet(1))
  const srv = { name: serviceName(web), type: wireTypes.SRV }
  const code = (message: Buffer) => ask(directory, message).code
  assert.equal(code(queryFor(srv, { class: 3 })), codes.refused)
  for (const type of [2, 6, 16, 252, 255]) assert.equal(code(queryFor({ ...srv, type })), codes.unsupported)
  assert.equal(code(queryFor(srv, { flags: 0x2800 })), codes.unsupported)
  const badVersion = ask(directory, queryFor(srv, { datagram: 1_232, ednsVersion: 1 }))
  assert.deepEqual([badVersion.code, badVersion.extra.length], [0, 1])
  assert.equal(badVersion.extra[0]?.ttl, 0x01000000)
})

test('a datagram holds what its sender takes, or says that it was cut and holds nothing', () => {
  const directory = open(fleet(20, (at) => ({ port: 1 + at })))
  const sized = (datagram?: number) =>
    ask(
      directory,
      queryFor({ name: serviceName(web), type: wireTypes.SRV }, datagram === undefined ? {} : { datagram }),
      'udp',
    )
  const whole = sized(4_096)
  assert.deepEqual([whole.truncated, whole.answers.length], [false, 20])
  assert.deepEqual([sized().truncated, sized().answers.length], [true, 0])
  assert.ok(sized().size <= 512)
  assert.equal(sized(whole.size).truncated, false)
  assert.equal(sized(whole.size - 1).truncated, true)
  assert.equal(sized(16).truncated, true)
})

test('of more servers than messages hold, most are given, and the same ones whatever the others do', () => {
  const limits = {
    'one port': { make: (count: number) => fleet(count), least: 4_000 },
    'many ports': { make: (count: number) => fleet(count, (at) => ({ port: 1 + at })), least: 1_670 },
    IPv6: {
      make: (count: number) => fleet(count, (at) => ({ address: `fd00::${at.toString(16)}` })),
      least: 2_300,
    },
  }
  for (const [what, { make, least }] of Object.entries(limits)) {
    assert.equal(resolve(open(make(least)), web).length, least, what)
    const all = make(5_000)
    const given = new Set(resolve(open(all), web))
    assert.ok(given.size >= least && given.size < 5_000, `${given.size} with ${what}`)
    const without = resolve(open(all.filter((_, at) => at !== 17)), web)
    assert.ok(without.filter((one) => !given.has(one)).length <= 2, what)
  }
})

test('an answer is made once for as long as its list stays', () => {
  const first = open(fleet(3))
  const second = openDirectory(new Map([[web, fleet(3)]]), first)
  assert.equal(second.services.get(web), first.services.get(web))
})
