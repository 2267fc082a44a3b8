import { ensureNode } from '../../adapters/consul/node.ts'
import type { Tool } from '../../local/tools/tool.ts'
import { type AwsCall, startAwsStandIn } from '../aws-stand-in.ts'
import { withConsul } from '../consul.ts'
import { cluster, createFleet } from '../fleet.ts'
import type { Summary } from '../stats.ts'
import { opsOf, recordWire, type WireRequest, writesOf } from '../wire.ts'
import { verifyCatalog, verifyLedger } from './expected.ts'
import { openLambdas, settings } from './lambdas.ts'
import { openOneAtATime } from './one-at-a-time.ts'
import { bodiesOf, playStorm, stormOf } from './storm.ts'

export type Storm = {
  readonly perSecond: number
  readonly txns: number
  readonly ops: number
  readonly ecsCalls: number
  /** From arrival to commit in the storm that came at half of that rate. */
  readonly waited: Summary | null
}

const pacedSeconds = 3
const fewestPaced = 200

/** The storm through the real handlers, all of it in the queue at once, and after it one at half of the throughput. */
export function measureStorm(consul: Tool, tasks: number, instances: number): Promise<Storm> {
  return withConsul(consul, async ({ access, client }) => {
    await ensureNode(client, cluster, settings.deployment)
    const events = stormOf(createFleet(tasks))
    const paced = createFleet(tasks, 1)
    const aws = await startAwsStandIn([...paced, ...events.map(({ task }) => task)])
    const lambdas = openLambdas(instances, access, aws)
    try {
      const wire = recordWire()
      const storm = await playStorm(events, lambdas, aws, null)
      const counts = countWrites(wire.stop())
      const perSecond = (events.length / storm.ms) * 1_000
      const calls = ecsCalls(aws.calls)
      const tasksPaced = Math.max(fewestPaced, Math.ceil((perSecond / 4) * pacedSeconds))
      const later = stormOf(paced.slice(0, tasksPaced))
      const quiet = await playStorm(later, lambdas, aws, perSecond / 2)
      assertSound(aws.calls, lambdas.complaints, storm.redelivered + quiet.redelivered)
      await verifyCatalog(client, [...events, ...later])
      await verifyLedger(client, [...events, ...later])
      return { ...counts, perSecond, ecsCalls: calls, waited: quiet.waited }
    } finally {
      await lambdas.close()
      await aws.close()
    }
  })
}

/** The same messages, one at a time; events per second. The node is there from the beginning, for both ways. */
export function measureOneAtATime(consul: Tool, tasks: number): Promise<number> {
  return withConsul(consul, async ({ access, client }) => {
    await ensureNode(client, cluster, settings.deployment)
    const events = stormOf(createFleet(tasks))
    const aws = await startAwsStandIn(events.map(({ task }) => task))
    const registrar = openOneAtATime(access, aws.configs('registrar'))
    try {
      const bodies = [...bodiesOf(events).values()]
      const began = performance.now()
      for (const body of bodies) await registrar.register(body)
      const ms = performance.now() - began
      await verifyCatalog(client, events)
      return (events.length / ms) * 1_000
    } finally {
      await registrar.close()
      await aws.close()
    }
  })
}

function countWrites(requests: readonly WireRequest[]): { readonly txns: number; readonly ops: number } {
  const writes = requests
    .filter((request) => opsOf(request) !== null)
    .map((request) => writesOf(request).length)
  return { txns: writes.filter((ops) => ops > 0).length, ops: writes.reduce((sum, ops) => sum + ops, 0) }
}

function ecsCalls(calls: readonly AwsCall[]): number {
  return calls.filter(({ action }) => action.startsWith('ecs:')).length
}

/** A result that was reached in a wrong way is none. */
function assertSound(calls: readonly AwsCall[], complaints: readonly string[], redelivered: number): void {
  const definitions = calls.filter(({ action }) => action === 'ecs:DescribeTaskDefinition')
  for (const [key, same] of Map.groupBy(definitions, ({ caller, subject }) => `${caller} for ${subject}`)) {
    if (same.length > 1) throw new Error(`DescribeTaskDefinition was called ${same.length} times by ${key}`)
  }
  if (complaints.length > 0 || redelivered > 0) {
    throw new Error(
      `${redelivered} messages came back, ${complaints.length} lines complain: ${complaints[0]}`,
    )
  }
}
