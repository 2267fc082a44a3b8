import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { createGuardedSubmit } from '../../../adapters/consul/guarded-submit.ts'
import { createWaitingTasks } from '../../../adapters/consul/health-read.ts'
import { readHostTasks, readLedger } from '../../../adapters/consul/ledger.ts'
import { readStoredChecks } from '../../../adapters/consul/stored-checks.ts'
import type { Log } from '../../../adapters/log.ts'
import { noMetrics } from '../../../adapters/metrics.ts'
import type { DelayedMessage } from '../../../adapters/queue.ts'
import type { ClusterKey } from '../../../core/ledger/keys.ts'
import type { LedgerInstance } from '../../../core/ledger/ledger.ts'
import { createHandler as createReconcile } from '../../../functions/reconcile/handler.ts'
import { createHandler as createRegister, type RegisterHandler } from '../../../functions/register/handler.ts'
import { createResolve } from '../../../functions/register/resolve.ts'
import { createUsableHosts } from '../../../functions/register/usable-hosts.ts'
import { prefix, settings } from '../register.ts'
import type { SimEcs } from './sim-ecs.ts'
import { hostIds } from './sim-task.ts'
import type { Run } from './turns.ts'

export type Outside = {
  readonly consul: ConsulClient
  readonly sim: SimEcs
  readonly send: (messages: readonly DelayedMessage[]) => void
  readonly showAgain: (receipt: string, seconds: number) => void
  readonly now: () => number
  readonly pass: (ms: number) => void
  readonly log: Log
}

/** One process of each function with its caches. What it asks outside waits for the turn of the run that it serves at the time. */
export type Process = {
  readonly register: (run: Run, event: Parameters<RegisterHandler>[0]) => ReturnType<RegisterHandler>
  readonly reconcile: (run: Run, override: boolean) => Promise<unknown>
}

const context = { getRemainingTimeInMillis: () => 20_000 }

export function startProcess(outside: Outside, number: number): Process {
  let run: Run | null = null
  let ids = 0
  const turn = <T>(what: string, call: () => Promise<T>): Promise<T> => {
    if (run === null) throw new Error('a call outside of any run')
    return run.outside(what, call)
  }
  const client: ConsulClient = {
    request: (request) => turn('consul', () => outside.consul.request(request)),
    close: async () => {},
  }
  const ecs = apiInTurn(outside.sim, turn)
  const deps = {
    settings,
    prefix,
    consul: client,
    ecs,
    readLedger: (keys: readonly string[]) => readLedger(client, keys),
    submit: createGuardedSubmit(client, settings.deployment, { now: outside.now }),
    readStored: (cluster: ClusterKey, instances: readonly LedgerInstance[]) =>
      readStoredChecks(client, cluster, instances),
    hostTasks: (id: string) => readHostTasks(client, prefix, id),
    waitingTasks: createWaitingTasks(client, settings.deployment, outside.now),
    describeTasks: ecs.describeTasks,
    resolve: createResolve({
      ...ecs,
      hostAddresses: addressesInTurn(outside.sim, turn),
      managedAddresses: async () => new Map(),
      now: outside.now,
    }),
    usableHosts: createUsableHosts({ ...ecs, runningInstances: runningInTurn(outside.sim, turn) }),
    queue: {
      send: (messages: readonly DelayedMessage[]) => turn('queue', async () => outside.send(messages)),
      showAgain: (receipt: string, seconds: number) =>
        turn('queue', async () => outside.showAgain(receipt, seconds)),
    },
    log: outside.log,
    metrics: noMetrics,
    now: outside.now,
    random: () => 0.5,
    sleep: async (ms: number) => outside.pass(ms),
    newId: () => `p${number}-${++ids}`,
  }
  const register = createRegister(deps)
  const reconcile = createReconcile(deps)
  return {
    register: (serving, event) => {
      run = serving
      return register(event, context)
    },
    reconcile: (serving, override) => {
      run = serving
      return reconcile(override ? { override: true } : {}, context)
    },
  }
}

type Turn = <T>(what: string, call: () => Promise<T>) => Promise<T>

function apiInTurn({ ecs }: SimEcs, turn: Turn): SimEcs['ecs'] {
  return {
    describeTasks: (cluster, arns) => turn('ecs', () => ecs.describeTasks(cluster, arns)),
    listTasks: (cluster, desired) => turn('ecs', () => ecs.listTasks(cluster, desired)),
    describeTaskDefinition: (arn) => turn('ecs', () => ecs.describeTaskDefinition(arn)),
    describeContainerInstances: (cluster, arns) =>
      turn('ecs', () => ecs.describeContainerInstances(cluster, arns)),
    runningCounts: (cluster, services) => turn('ecs', () => ecs.runningCounts(cluster, services)),
    connectedInstances: (cluster, arns) => turn('ecs', () => ecs.connectedInstances(cluster, arns)),
  }
}

function addressesInTurn({ addresses }: SimEcs, turn: Turn) {
  return (ids: readonly string[]) =>
    turn(
      'ec2',
      async () =>
        new Map(
          ids.flatMap((id) => {
            const address = addresses.get(id)
            return address === undefined ? [] : [[id, { address, address6: null }] as const]
          }),
        ),
    )
}

function runningInTurn({ hosts }: SimEcs, turn: Turn) {
  return (ids: readonly string[]) =>
    turn('ec2', async () => new Set(ids.filter((id) => hosts[hostIds.indexOf(id as never)] === 'up')))
}
