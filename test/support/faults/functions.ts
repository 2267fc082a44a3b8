import { awsTimeouts } from '../../../adapters/aws-errors.ts'
import { createLog } from '../../../adapters/log.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import type { ClusterPass } from '../../../functions/reconcile/cluster.ts'
import { createReconcileDeps } from '../../../functions/reconcile/deps.ts'
import { createHandler as createReconcile } from '../../../functions/reconcile/handler.ts'
import { createRegisterDeps, type RegisterWiring } from '../../../functions/register/deps.ts'
import { createHandler as createRegister } from '../../../functions/register/handler.ts'
import { clusterArn } from '../event.ts'
import type { LogLine } from '../register.ts'
import type { FaultProxies } from './proxy.ts'

export type Reconciled = {
  readonly pass: ClusterPass | null
  readonly error: unknown
  readonly lines: LogLine[]
}
export type Registered = { readonly failed: readonly string[]; readonly lines: LogLine[] }

const context = { getRemainingTimeInMillis: () => 20_000 }

// Long enough for an answer on a busy machine, short enough to wait for it in vain many times.
const faultTimeoutMs = 400

/** Each call is made by a new process of its function, with empty caches, over the real clients; `now` is its clock. */
export function openFunctions({ urls }: FaultProxies, now: () => number) {
  function wiring(hasFaults: boolean, lines: LogLine[]): RegisterWiring {
    const aws = {
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
      // The SDK would repeat the call behind our backs: what is tested is what happens when that wasn't enough.
      ...(hasFaults
        ? {
            maxAttempts: 1,
            requestHandler: {
              ...awsTimeouts.requestHandler,
              requestTimeout: faultTimeoutMs,
              socketTimeout: faultTimeoutMs,
            },
          }
        : {}),
    }
    return {
      settings: {
        deployment: 'test',
        prefix: 'quayside',
        datacenter: 'dc1',
        clusters: [{ arn: clusterArn, servicePrefix: '', addressFamily: 'ipv4' as const, consul: null }],
        consulSecret: 'none',
        queueUrl: `${urls.sqs}/000000000000/quayside-register`,
        bucket: 'none',
        signingKey: 'none',
        publish: defaultPublishSettings,
        // Real pace would make hundreds of passes wait for nothing.
        reconcileCallsPerSecond: 10_000,
      },
      access: async () => ({ addresses: [urls.consul] }),
      aws: {
        ecs: { ...aws, endpoint: urls.ecs },
        ec2: { ...aws, endpoint: urls.ec2 },
        sqs: { ...aws, endpoint: urls.sqs },
      },
      // Repetitions follow at once, and there are just as many.
      consul: hasFaults ? { timeoutMs: faultTimeoutMs, random: () => 0 } : {},
      log: createLog((line) => lines.push(JSON.parse(line))),
      clock: now,
    }
  }

  return {
    reconcile: async (event: object = {}, hasFaults = false): Promise<Reconciled> => {
      const lines: LogLine[] = []
      const deps = createReconcileDeps(wiring(hasFaults, lines))
      try {
        const { clusters } = await createReconcile(deps)(event, context)
        return { pass: clusters[0] ?? null, error: null, lines }
      } catch (error) {
        return { pass: null, error, lines }
      } finally {
        await deps.close()
      }
    },
    register: async (messages: ReadonlyMap<string, object>, hasFaults = false): Promise<Registered> => {
      const lines: LogLine[] = []
      const deps = createRegisterDeps(wiring(hasFaults, lines))
      const Records = [...messages].map(([messageId, event]) => {
        return { messageId, receiptHandle: messageId, body: JSON.stringify(event) }
      })
      try {
        const { batchItemFailures } = await createRegister(deps)({ Records }, context)
        return { failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), lines }
      } finally {
        await deps.close()
      }
    },
  }
}
