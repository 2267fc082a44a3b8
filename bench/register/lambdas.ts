import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { createLog, type Log } from '../../adapters/log.ts'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import type { FunctionSettings } from '../../core/settings/settings.ts'
import { createRegisterDeps } from '../../functions/register/deps.ts'
import { createHandler, type RegisterHandler } from '../../functions/register/handler.ts'
import type { AwsStandIn } from '../aws-stand-in.ts'
import { clusterArn } from '../fleet.ts'

/** The function's settings as its environment would state them. */
export const settings: FunctionSettings = {
  deployment: 'bench',
  prefix: 'quayside',
  datacenter: 'dc1',
  clusters: [{ arn: clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
  consulSecret: 'handed over directly',
  queueUrl: 'http://127.0.0.1/210987654321/tasks',
  bucket: 'none',
  signingKey: 'none',
  publish: defaultPublishSettings,
  reconcileCallsPerSecond: 4,
}

export type Lambdas = {
  readonly handlers: readonly RegisterHandler[]
  /** When the write of a task's version was committed: Unix milliseconds by `arn version`. */
  readonly committed: ReadonlyMap<string, number>
  /** Warnings and errors, which a storm that goes well has none of. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

/** Handlers as in that many Lambda environments: each with its own caches, connections and SDK clients. */
export function openLambdas(count: number, access: ConsulAccess, aws: AwsStandIn): Lambdas {
  const committed = new Map<string, number>()
  const complaints: string[] = []
  const log = watchedLog(committed, complaints)
  const deps = Array.from({ length: count }, (_, index) =>
    createRegisterDeps({
      settings,
      access: async () => access,
      aws: aws.configs(`register-${index}`),
      log,
      clock: Date.now,
    }),
  )
  return {
    handlers: deps.map(createHandler),
    committed,
    complaints,
    close: async () => {
      await Promise.all(deps.map(({ close }) => close()))
    },
  }
}

/** Writes each line as Lambda's log would get it, to nowhere, and notes what was committed. */
function watchedLog(committed: Map<string, number>, complaints: string[]): Log {
  const log = createLog((line) => {
    if (!line.startsWith('{"level":"info"')) complaints.push(line)
  })
  return {
    ...log,
    info: (event, fields = {}) => {
      if (event === 'task-registered')
        committed.set(`${fields.taskArn} ${fields.version}`, Number(fields.committedAt))
      log.info(event, fields)
    },
  }
}
