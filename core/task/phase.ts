import type { TaskPhase } from '../ledger/ledger.ts'
import type { Task } from './task.ts'

const goneStatuses = new Set(['DEPROVISIONING', 'STOPPED', 'DELETED'])
const stoppingStatuses = new Set(['DEACTIVATING', 'STOPPING'])

/**
 * Where a task stands, from its desired and last status only. A stop shows first as desired STOPPED while the last status is
 * still RUNNING; DEACTIVATING comes only where ECS itself has something to take down.
 */
export function phaseOf({ desiredStatus, lastStatus }: Task): TaskPhase | 'starting' {
  if (goneStatuses.has(lastStatus)) return 'gone'
  if (desiredStatus === 'STOPPED' || stoppingStatuses.has(lastStatus)) return 'draining'
  return lastStatus === 'RUNNING' ? 'live' : 'starting'
}
