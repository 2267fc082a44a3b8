import { hostPort, type SimTask, taskAddress } from './sim-task.ts'

/** An instance as the catalog must state it, in one line each so that a difference can be read. */
export type Expected = { readonly id: string; readonly lines: ReadonlySet<string> }

/**
 * What a task that ECS says is running wants in the catalog; worked out here by hand, from `kinds.ts`. Where nobody had to read its
 * health lately, any that it had will do.
 */
export function expectedInstances(task: SimTask, healthIsRead: boolean): readonly Expected[] {
  return boundPorts(task).map(({ wanted, index }) => {
    const port = task.kind.mode === 'bridge' ? hostPort(task, index) : wanted.port
    const base = [
      wanted.service,
      `${taskAddress(task)}:${port}`,
      [...wanted.tags(task.revision)].sort().join(','),
    ].join(' ')
    const states = checkStates(task, wanted.container, healthIsRead)
    return { id: idOf(task, wanted), lines: new Set(states.map((state) => `${base} ${state}`)) }
  })
}

/** The ids that any state of the task ever wanted or may have wanted. */
export function possibleIds(task: SimTask): readonly string[] {
  return task.kind.wanted.map((wanted) => idOf(task, wanted))
}

export function isWantedNow(task: SimTask, id: string): boolean {
  return boundPorts(task).some(({ wanted }) => idOf(task, wanted) === id)
}

function boundPorts(task: SimTask) {
  const all = task.kind.wanted.map((wanted, index) => ({ wanted, index }))
  return task.kind.mode === 'bridge' ? all.slice(0, task.bindings) : all
}

function idOf(task: SimTask, wanted: SimTask['kind']['wanted'][number]): string {
  const { idBase, container, port, protocol } = wanted
  return `${idBase}-${task.id}-${container}-${port}${protocol === 'udp' ? '-udp' : ''}`
}

/** Status and first word of the output. A health that isn't known (again) leaves what was known, which reads may have missed. */
function checkStates(task: SimTask, container: string, healthIsRead: boolean): readonly string[] {
  if (task.containers.get(container) !== 'RUNNING') return ['critical stopped']
  const health = task.health.get(container)
  if (health === undefined) return ['passing passing']
  if (!task.verdicts.has(container)) return ['critical waiting']
  if (health === 'UNKNOWN' || !healthIsRead)
    return ['critical waiting', 'critical unhealthy', 'passing passing']
  return health === 'HEALTHY' ? ['passing passing'] : ['critical unhealthy']
}

export function isLive(task: SimTask): boolean {
  return task.desired === 'RUNNING' && task.last === 'RUNNING'
}

export function isGone(task: SimTask): boolean {
  return task.last === 'DEPROVISIONING' || task.last === 'STOPPED'
}

/** Neither up nor gone: ECS has told it to stop, or is taking it down. */
export function isStopping(task: SimTask): boolean {
  return !isGone(task) && (task.desired === 'STOPPED' || /^(DEACTIVATING|STOPPING)$/.test(task.last))
}
