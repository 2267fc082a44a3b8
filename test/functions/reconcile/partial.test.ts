import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readKey } from '../../../adapters/consul/kv.ts'
import { readLedgerFolder } from '../../../adapters/consul/ledger.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { absentKey, ledgerFolder, stampKey } from '../../../core/ledger/keys.ts'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { cluster, fakeAws, prefix, registerDeps } from '../../support/register.ts'

const context = { getRemainingTimeInMillis: () => 60_000 }
const start = 1_800_000_000_000

/** A cluster of 150 tasks, which take two calls to describe, half of them known to Consul. */
async function openCluster() {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  let time = start
  const deps = registerDeps(consul, aws, () => time)
  const reconcile = (over: Partial<typeof deps.ecs> = {}) =>
    createHandler({ ...deps, ecs: { ...deps.ecs, ...over } })({}, context)
  for (let index = 0; index < 75; index++) aws.tasks.set(`t${index}`, {})
  await reconcile()
  for (let index = 75; index < 150; index++) aws.tasks.set(`t${index}`, {})
  const live = async () =>
    [...(await readLedgerFolder(consul, ledgerFolder(prefix, cluster))).values()].filter(
      ({ entry }) => entry.phase === 'live',
    ).length
  return { consul, aws, deps, reconcile, live, pass: (ms: number) => (time += ms) }
}

const throttled = () => Promise.reject(new QuaysideError('AWS_THROTTLED', 'ecs says slow down'))

test('a page that fails stops deletes and the stamp, and what was read before it is registered', async () => {
  const { consul, aws, deps, reconcile, live, pass } = await openCluster()
  const stamp = await readKey(consul, stampKey(prefix, cluster))
  aws.tasks.delete('t0')
  aws.tasks.delete('t1')
  let calls = 0
  const describeTasks: typeof deps.ecs.describeTasks = (name, arns) =>
    ++calls === 1 ? deps.ecs.describeTasks(name, arns) : throttled()
  for (const seconds of [60, 60]) {
    pass(seconds * 1_000)
    calls = 0
    const [outcome] = (await reconcile({ describeTasks })).clusters
    assert.equal(outcome?.outcome, 'partial')
  }
  assert.deepEqual(await readKey(consul, stampKey(prefix, cluster)), stamp)
  assert.equal(await readKey(consul, absentKey(prefix, cluster)), null, 'not even a first look')
  assert.equal(await live(), 102, 'a hundred were read, and the two that are gone still stand')
  const told = deps.lines.filter(({ event }) => event === 'listing-failed')
  assert.deepEqual([told.length, told[0]?.code, told[0]?.level], [2, 'AWS_THROTTLED', 'error'])

  await reconcile()
  pass(31_000)
  const [last] = (await reconcile()).clusters
  assert.equal(last?.outcome, 'done')
  assert.equal(await live(), 148)
})

test('a list that fails half-way leaves what was listed before it, and asks for nothing by name', async () => {
  const { deps, reconcile, live } = await openCluster()
  const asked: string[] = []
  const [pass] = (
    await reconcile({
      listTasks: (name, desired) => (desired === 'STOPPED' ? throttled() : deps.ecs.listTasks(name, desired)),
      describeTasks: (name, arns) => {
        asked.push(...arns)
        return deps.ecs.describeTasks(name, arns)
      },
    })
  ).clusters
  assert.deepEqual([pass?.outcome, asked.length, await live()], ['partial', 150, 150])
})

test('where nothing at all could be read the pass failed', async () => {
  const { reconcile, deps } = await openCluster()
  await assert.rejects(reconcile({ listTasks: throttled }), /slow down/)
  assert.equal(
    deps.lines.at(-1)?.event === 'reconcile-failed' ||
      deps.lines.some(({ event }) => event === 'reconcile-failed'),
    true,
  )
})
