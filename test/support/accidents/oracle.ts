import assert from 'node:assert/strict'
import type { Entry, Fleet, Task } from './fleet.ts'
import { instanceId } from './fleet.ts'
import type { Seen } from './onlooker.ts'
import { services, type View } from './view.ts'

/** Who took traffic at the last look while running: they must go on doing so. */
export type Served = ReadonlySet<Task>

/** Asserts what must hold after every look, and returns who is served now. */
export function assertLook(fleet: Fleet, view: View, seen: Seen, served: Served): Served {
  for (const task of served) assertStays(task, view, seen)
  for (const name of services) {
    assertHoldsAreTold(name, view, seen)
    assertFactsAct(name, view, seen)
    if (seen.asked) assertProvenGone(name, fleet, view, seen)
  }
  assertReused(view, seen)
  return new Set(fleet.tasks.filter((task) => isIn(task, seen) && (served.has(task) || isSeen(task, view))))
}

/** A live task that took traffic keeps it, unless the catalog states a fact against it. */
function assertStays(task: Task, view: View, seen: Seen): void {
  if (task.phase !== 'running' || isIn(task, seen)) return
  const own = entryOf(task, view)
  if (own !== undefined && own.reason !== 'passing') return
  // After a restore an old owner of the address may be back; only reconciling can tell.
  if (ownersOf(task.address, view).some(({ taskId }) => taskId !== task.id)) return
  assert.fail(`${task.service} lost ${task.id} at ${task.address}, which runs`)
}

function assertHoldsAreTold(name: string, view: View, { published, look }: Seen): void {
  if (view.service(name) === undefined) return
  const visible = new Set(view.entries(name).map(({ address }) => address))
  const held = heldIn(name, look)
  const untold = (published.get(name) ?? []).filter((address) => !visible.has(address) && !held.has(address))
  assert.deepEqual(untold, [], `${name} has servers that nothing explains`)
}

/** What passes is in, and what doesn't is out as soon as something else passes. */
function assertFactsAct(name: string, view: View, { published, look }: Seen): void {
  const entries = view.entries(name)
  const passing = new Set(entries.filter(({ reason }) => reason === 'passing').map(({ address }) => address))
  if (passing.size === 0) return
  const servers = published.get(name)
  // A service without a route that no list names is unknown.
  if (servers === undefined && view.fault('names') !== 'none') return
  for (const address of passing)
    assert.ok(servers?.includes(address), `${name} lacks ${address}, which passes`)
  // A task that ends is no word against another one that had its address since.
  const held = heldIn(name, look)
  for (const { address, reason } of entries)
    if (!passing.has(address) && !(reason === 'draining' && held.has(address)))
      assert.ok(!servers?.includes(address), `${name} has ${address}, ${reason}`)
}

/** Once the ledger was asked, what it knows to have stopped is out, unless the catalog shows somebody there. */
function assertProvenGone(name: string, fleet: Fleet, view: View, { published }: Seen): void {
  // Of what was never read, everything stays as it was.
  if (view.service(name) === undefined) return
  const visible = new Set(view.entries(name).map(({ address }) => address))
  const own = fleet.tasks.filter(({ service }) => service === name)
  for (const address of published.get(name) ?? []) {
    const there = own.filter((task) => task.address === address)
    const proofs = there.map(({ id }) => fleet.store().ledger.get(id))
    if (there.length === 0 || visible.has(address)) continue
    assert.ok(
      proofs.some((proof) => proof === undefined || proof.phase === 'live'),
      `${name} has ${address}, whose task is known to have stopped`,
    )
  }
}

/** An address that the catalog gives to a task of one service isn't held in another. */
function assertReused(view: View, { published, look }: Seen): void {
  for (const name of services)
    for (const address of heldIn(name, look))
      if (published.get(name)?.includes(address))
        assert.ok(
          ownersOf(address, view).every(({ service }) => service === name),
          `${name} holds ${address}`,
        )
}

function heldIn(name: string, look: Seen['look']): ReadonlySet<string> {
  const own = look.holds.filter(({ source }) => source === `${name}@dc1`)
  return new Set(own.map(({ server }) => server.replace(':80', '')))
}

/** All is well again: who runs is served, and nobody else. */
export function assertResumed(fleet: Fleet, foreign: ReadonlySet<string>, { published, look }: Seen): void {
  assert.deepEqual(look.holds, [])
  for (const name of ['api', 'web']) {
    const running = fleet.tasks.filter(({ service, phase }) => service === name && phase === 'running')
    const healthy = running.filter((task) => task.healthy)
    const expected = (healthy.length > 0 ? healthy : running).map(({ address }) => address)
    assert.deepEqual([...(published.get(name) ?? [])].sort(), expected.sort(), name)
  }
  const others = [...foreign].map((id) => `10.9.0.${id.slice(1)}`)
  assert.deepEqual([...(published.get('old') ?? [])].sort(), others.sort(), 'old')
}

/** Tasks that the catalog shows at the address, unless they end. */
function ownersOf(address: string, view: View): readonly Entry[] {
  const read = services.filter((name) => view.service(name) !== undefined)
  return read
    .flatMap((name) => view.entries(name))
    .filter((entry) => entry.address === address && entry.taskId !== null && entry.reason !== 'draining')
}

/** Only of whom it saw itself a publisher can know that an address is theirs. */
function isSeen(task: Task, view: View): boolean {
  return task.phase === 'running' && entryOf(task, view) !== undefined
}

function entryOf(task: Task, view: View): Entry | undefined {
  return view.entries(task.service).find(({ id }) => id === instanceId(task))
}

function isIn({ service, address }: Task, { published }: Seen): boolean {
  return published.get(service)?.includes(address) === true
}
