import assert from 'node:assert/strict'
import { expectedInstances, isGone, isLive, possibleIds } from './oracle.ts'
import type { OpenWorld } from './play.ts'
import type { SimTask } from './sim-task.ts'

/** The catalog's entries by service id, each as one line: service, address, tags, status, first word of the output. */
export async function catalogLines({
  consul,
}: Pick<OpenWorld, 'consul'>): Promise<ReadonlyMap<string, string>> {
  const services = await consul.services()
  return new Map(
    services.map(({ id, service, address, port, tags, status, output }) => {
      const state = `${status} ${output.split(':')[0]}`
      return [id, `${service} ${address}:${port} ${tags.join(',')} ${state}`]
    }),
  )
}

/** What the catalog says of every task against what ECS says of it; whatever else is there is nobody's. */
export async function assertTruth(world: OpenWorld, healthIsRead = true): Promise<void> {
  const left = new Map(await catalogLines(world))
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
