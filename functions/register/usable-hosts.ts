import type { Ec2 } from '../../adapters/ec2.ts'
import type { Ecs } from '../../adapters/ecs.ts'
import { phaseOf } from '../../core/task/phase.ts'
import type { Observation } from '../../core/task/task.ts'

/** Which of a cluster's container instances can run tasks now: ACTIVE and connected for ECS, and running for EC2. */
export type UsableHosts = (cluster: string, arns: readonly string[]) => Promise<ReadonlySet<string>>

type Lookups = Pick<Ecs, 'connectedInstances'> & Pick<Ec2, 'runningInstances'>

/** Both are asked, each for what it knows first: ECS notices a lost instance late, EC2 knows nothing of its agent. */
export function createUsableHosts({ connectedInstances, runningInstances }: Lookups): UsableHosts {
  return async (cluster, arns) => {
    if (arns.length === 0) return new Set()
    const connected = await connectedInstances(cluster, arns)
    const inEc2 = [...connected.values()].filter((id) => id.startsWith('i-'))
    const running = inEc2.length === 0 ? new Set<string>() : await runningInstances(inEc2)
    const usable = [...connected].filter(([, id]) => running.has(id) || id.startsWith('mi-'))
    return new Set(usable.map(([arn]) => arn))
  }
}

/** Those of the tasks that ECS says are running on hosts that can be used. */
export async function onUsableHosts(
  cluster: string,
  observations: readonly Observation[],
  usableHosts: UsableHosts,
): Promise<readonly Observation[]> {
  const live = observations.filter(({ task }) => phaseOf(task) === 'live')
  const arns = live.flatMap(({ task }) => task.containerInstanceArn ?? [])
  const usable = await usableHosts(cluster, [...new Set(arns)])
  return live.filter(({ task }) => usable.has(task.containerInstanceArn ?? ''))
}
