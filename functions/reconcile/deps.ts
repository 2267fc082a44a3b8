import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../adapters/consul/guarded-submit.ts'
import { createEc2 } from '../../adapters/ec2.ts'
import { createEcs } from '../../adapters/ecs.ts'
import type { RegisterWiring } from '../register/deps.ts'
import { reportNode } from '../register/node-news.ts'
import { createResolve } from '../register/resolve.ts'
import type { ReconcileDeps } from './cluster.ts'

const connections = 4

/** The handler's dependencies over real clients, and `close` for a process that outlives them. */
export function createReconcileDeps({
  settings,
  access,
  aws = {},
  log,
  clock,
}: RegisterWiring): ReconcileDeps & { readonly close: () => Promise<void> } {
  const consul = createConsulClient(access, { connections })
  const ecs = createEcs(aws.ecs)
  return {
    settings,
    prefix: settings.prefix,
    consul,
    submit: createGuardedSubmit(consul, settings.deployment, { now: clock, onChange: reportNode(log) }),
    ecs,
    resolve: createResolve({ ...ecs, ...createEc2(aws.ec2), now: clock }),
    log,
    now: clock,
    random: Math.random,
    newId: randomUUID,
    sleep: async (ms) => {
      await sleep(ms)
    },
    close: consul.close,
  }
}
