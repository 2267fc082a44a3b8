import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createMetrics } from '../../../adapters/metrics.ts'
import { digestOf } from '../../../core/canonical.ts'
import { type Pointer, releaseId } from '../../../core/release/channel.ts'
import type { ReportedHost } from '../../../core/release/parse-report.ts'
import { createFleetWatch } from '../../../functions/publish/fleet-watch.ts'
import { testPointer } from '../../support/pointer.ts'
import { reportedHost } from '../../support/reported-host.ts'

const minute = 60_000

/** A fleet watch with a clock; `pass` lets a minute go by and returns what was measured and told then. */
function watched() {
  let now = Date.parse('2026-11-20T12:00:00.000Z')
  let reports: readonly ReportedHost[] | Error = []
  const lines: Readonly<Record<string, unknown>>[] = []
  const told: unknown[][] = []
  const note = (event: string, fields?: object) => void told.push([event, fields])
  const metrics = createMetrics('test', (line) => lines.push(JSON.parse(line)))
  const fleet = createFleetWatch({
    readReports: async () => {
      if (reports instanceof Error) throw reports
      return reports
    },
    ...{ metrics, log: { info: note, warn: note, error: note }, now: () => now },
  })
  const at = (before = 0) => new Date(now - before).toISOString()
  return {
    at,
    report: (over: Partial<ReportedHost>) => reportedHost({ at: at(), ...over }),
    pass: async (pointers: readonly Pointer[], next: typeof reports | (() => typeof reports)) => {
      now += minute
      reports = typeof next === 'function' ? next() : next
      fleet.tick(pointers)
      await turn()
      metrics.flush()
      return { measured: lines.splice(0)[0] ?? {}, told: told.splice(0) }
    },
  }
}

const counts = ({
  HostsCurrent,
  HostsBehind,
  HostsRefusing,
  HostsGone,
}: Readonly<Record<string, unknown>>) => [HostsCurrent, HostsBehind, HostsRefusing, HostsGone]

test('hosts are counted by how they do, once a minute, zeros included', async () => {
  const { pass, report, at } = watched()
  const pointer = testPointer({ deployment: 'test', channel: 'current', created: at(5 * minute) })
  const release = releaseId(pointer)
  assert.deepEqual(counts((await pass([pointer], [])).measured), [0, 0, 0, 0])
  const { measured, told } = await pass([pointer], () => [
    report({ host: 'a', release }),
    report({ host: 'b', release: 'old' }),
    report({ host: 'c', release: 'old', outcome: 'rejected', step: 'test', reason: 'nginx says\nno' }),
    report({ host: 'd', release, at: at(20 * minute) }),
  ])
  assert.deepEqual(counts(measured), [1, 1, 1, 1])
  const trouble = { behind: ['b'], refusing: ['c at test: nginx says\\u{a}no'], gone: ['d'] }
  assert.deepEqual(told, [['hosts-in-trouble', { hosts: 4, ...trouble }]])
})

test('what a host does in between is told once, and once when all are well again', async () => {
  const { pass, report, at } = watched()
  const pointer = testPointer({ deployment: 'test', channel: 'current', created: at(5 * minute) })
  const behind = () => [report({ release: 'old' })]
  assert.equal((await pass([pointer], behind)).told.length, 1)
  assert.deepEqual((await pass([pointer], behind)).told, [])
  const well = await pass([pointer], () => [report({ release: releaseId(pointer) })])
  assert.deepEqual(well.told, [['hosts-recovered', { hosts: 1 }]])
})

test('releases that follow one another hide no host that stands still', async () => {
  const { pass, report, at } = watched()
  const first = testPointer({ deployment: 'test', channel: 'current', created: at(5 * minute) })
  const next = (generation: number) =>
    testPointer({ ...first, created: at(), generation, endpoints: { sha256: digestOf(generation), size: 1 } })
  const hosts = (pointer: Pointer) => () => [
    report({ host: 'keeps-up', release: releaseId(pointer) }),
    report({ host: 'stands-still', release: releaseId(first) }),
  ]
  await pass([first], hosts(first))
  for (const generation of [1, 2, 3]) {
    const pointer = next(generation)
    const { measured } = await pass([pointer], hosts(pointer))
    assert.deepEqual(counts(measured), generation === 1 ? [2, 0, 0, 0] : [1, 1, 0, 0])
  }
})

test('signing a pointer again gives no host more time', async () => {
  const { pass, report, at } = watched()
  const pointer = testPointer({ deployment: 'test', channel: 'current', created: at() })
  const old = () => [report({ release: 'old' })]
  await pass([pointer], old)
  const again = { ...pointer, generation: pointer.generation + 1, created: at() }
  assert.deepEqual(counts((await pass([again], old)).measured), [0, 1, 0, 0])
})

test('the time from a signature to a host is measured once per host and release', async () => {
  const { pass, report, at } = watched()
  const pointer = testPointer({ deployment: 'test', channel: 'current' })
  const live = { at: at(-1_000), afterMs: 700 }
  const old = { at: at(minute), afterMs: 99_999 }
  const both = () => [report({ host: 'a', live }), report({ host: 'b', live: { ...live, afterMs: 900 } })]
  const first = await pass([pointer], () => [...both(), report({ host: 'c', live: old })])
  assert.deepEqual(first.measured.PublishedToLive, [700, 900])
  assert.equal((await pass([pointer], both)).measured.PublishedToLive, undefined)
})

test('a host that starts with an old release does not count as one that took so long', async () => {
  const { pass, report, at } = watched()
  const live = { at: at(-1_000), afterMs: 86_400_000 }
  const { measured } = await pass([testPointer({ deployment: 'test' })], () => [report({ live })])
  assert.equal(measured.PublishedToLive, undefined)
})

test('reports that cannot be read are told of, and nothing is measured', async () => {
  const { pass } = watched()
  const { measured, told } = await pass([testPointer({})], new Error('no bucket'))
  assert.deepEqual(measured, {})
  assert.deepEqual(told, [['hosts-unread', { error: 'no bucket' }]])
})
