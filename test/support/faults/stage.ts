import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Consul } from '../../../local/consul/start-consul.ts'
import { startTestConsul } from '../consul.ts'
import { openClient } from '../register.ts'
import { startTestSqs } from '../sqs.ts'
import { type Fleet, watchFleet } from './fleet.ts'
import { openFunctions, type Reconciled } from './functions.ts'
import { type FaultProxies, startFaultProxies } from './proxy.ts'
import { startWorld, type World } from './world.ts'

export type Stage = ReturnType<typeof openFunctions> & {
  readonly world: World
  readonly consul: Consul
  readonly fleet: Fleet
  readonly proxies: FaultProxies
  readonly now: () => number
  readonly wait: (ms: number) => void
  /** Half a minute later, without faults; fails unless the pass was done. */
  readonly cleanPass: () => Promise<Reconciled>
}

/** Real clients of real functions, faults between them and a real Consul, SQS, and stand-ins for ECS and EC2. */
export async function openStage(t: TestContext): Promise<Stage> {
  let now = Date.now()
  const [consul, sqs, world] = await Promise.all([
    startTestConsul(t, { tls: false }),
    startTestSqs(t),
    startWorld(t, () => now),
  ])
  const targets = { ecs: world.ecsUrl, ec2: world.ec2Url, consul: consul.httpUrl ?? '', sqs: sqs.url }
  const proxies = await startFaultProxies(t, targets)
  const functions = openFunctions(proxies, () => now)
  return {
    ...functions,
    ...{ world, consul, proxies },
    fleet: watchFleet(openClient(consul, t), world),
    now: () => now,
    wait: (ms) => {
      now += ms
    },
    cleanPass: async () => {
      proxies.setPlan(null)
      now += 31_000
      const done = await functions.reconcile()
      assert.equal(done.pass?.outcome, 'done', JSON.stringify(done))
      return done
    },
  }
}
