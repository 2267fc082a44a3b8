import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planUnpack } from '../../../local/tools/plan.ts'

const os = (id: string, codename: string) => ({ id, codename, like: [], name: id })

test("on Debian nginx comes from the machine's own release and Consul from bullseye", () => {
  for (const codename of ['bullseye', 'bookworm', 'trixie', 'forky']) {
    const plan = planUnpack(os('debian', codename))
    assert.equal(plan?.label, `debian-${codename}`)
    assert.equal(plan?.sets.nginx.suite, codename)
    assert.deepEqual(plan?.sets.nginx.packages, ['nginx', 'libnginx-mod-stream'])
    assert.equal(plan?.sets.consul.suite, 'bullseye')
    assert.ok(plan?.releases.includes('stable'))
  }
})

test('the newer nginx comes from a later release, with libraries of its own', () => {
  for (const [id, codename, suite] of [
    ['debian', 'bookworm', 'forky'],
    ['ubuntu', 'noble', 'resolute'],
  ] as const) {
    const set = planUnpack(os(id, codename))?.sets['newer-nginx']
    assert.deepEqual([set?.suite, set?.ownLibraries], [suite, true])
    assert.equal(planUnpack(os(id, codename))?.sets.nginx.ownLibraries, undefined)
  }
})

test("on Ubuntu both come from the machine's own release, checked with Ubuntu's keys", () => {
  const plan = planUnpack(os('ubuntu', 'jammy'))
  assert.deepEqual([plan?.sets.nginx.suite, plan?.sets.consul.suite], ['jammy', 'jammy'])
  assert.deepEqual(plan?.sets.consul.components, ['main', 'universe'])
  assert.deepEqual(plan?.releases, ['jammy'])
  assert.ok(plan?.keyrings.every((path) => path.includes('ubuntu')))
})

const without: [string, Parameters<typeof planUnpack>[0]][] = [
  ['macOS', undefined],
  ['Amazon Linux', os('amzn', '')],
  ['a distribution that is only like Debian, signed with other keys', os('raspbian', 'bookworm')],
  ['a Debian without a codename', os('debian', '')],
  ['a codename that is no word', os('debian', 'book worm] http')],
]
for (const [what, value] of without) {
  test(`nothing is unpacked on ${what}`, () => assert.equal(planUnpack(value), undefined))
}
