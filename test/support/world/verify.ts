import assert from 'node:assert/strict'
import { parseEntry } from '../../../core/ledger/serialise.ts'
import { expectedInstances, isGone, isLive, possibleIds } from './oracle.ts'
import type { OpenWorld } from './play.ts'
import type { SimTask } from './sim-task.ts'
import { folder, node } from './watchdog.ts'

/** The catalog's entries by service id, each as one line: service, address, tags, status, first word of the output. */
export function catalogLines({ consul }: Pick<OpenWorld, 'consul'>): ReadonlyMap<string, string> {
  const { services, checks } = consul.store()
  const lines = [...(services.get(node)?.values() ?? [])].map((one) => {
    const check = checks.get(node)?.get(`${one.id}:ecs`)
    const tags = [...(one.tags ?? [])].sort().join(',')
    const state = `${check?.status} ${check?.output.split(':')[0]}`
    return [one.id, `${one.service} ${one.address}:${one.port} ${tags} ${state}`] as const
  })
  return new Map(lines)
}

/** What the catalog says of every task against what ECS says of it; whatever else is there is nobody's. */
export function assertTruth(world: OpenWorld, healthIsRead = true): void {
  const left = new Map(catalogLines(world))
  for (const task of world.sim.tasks) {
    if (isLive(task)) assertLive(task, left, healthIsRead)
    else if (isGone(task)) assertAbsent(task, left)
    else assertQuiet(task, left)
    for (const id of possibleIds(task)) left.delete(id)
  }
  assert.deepEqual([...left], [], 'entries of no task')
}

function assertLive(task: SimTask, found: ReadonlyMap<string, string>, healthIsRead: boolean): void {
  const expected = expectedInstances(task, healthIsRead)
  for (const { id, lines } of expected) {
    const line = found.get(id)
    assert.ok(
      line !== undefined && lines.has(line),
      `${id}: expected ${[...lines].join(' or ')}, found ${line}`,
    )
  }
  const ids = new Set(expected.map(({ id }) => id))
  const more = possibleIds(task).filter((id) => found.has(id) && !ids.has(id))
  assert.deepEqual(more, [], `more than ${task.id} wants`)
}

function assertAbsent(task: SimTask, found: ReadonlyMap<string, string>): void {
  const ids = possibleIds(task).filter((id) => found.has(id))
  assert.deepEqual(ids, [], `${task.id} is gone`)
}

/** Being stopped, or not yet running: what is there must be draining. */
function assertQuiet(task: SimTask, found: ReadonlyMap<string, string>): void {
  const wrong = possibleIds(task).filter((id) => found.get(id)?.endsWith('critical draining') === false)
  assert.deepEqual(wrong, [], `${task.id} is ${task.desired}/${task.last}`)
}

/** Phase and version of the ledger by task id. */
export function ledgerOf({ consul }: Pick<OpenWorld, 'consul'>) {
  const records = [...consul.store().kv.values()].filter(({ key }) => key.startsWith(folder))
  return new Map(
    records.map(({ key, value }) => {
      const entry = parseEntry(Buffer.from(value ?? '', 'base64').toString(), key)
      return [key.slice(folder.length), entry] as const
    }),
  )
}
