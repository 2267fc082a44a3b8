import { systemClock } from '../adapters/clock.ts'
import type { ConsulAccess } from '../adapters/consul/access.ts'
import type { Log } from '../adapters/log.ts'
import type { TemplateSets } from '../adapters/templates.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { createPublishDeps } from '../functions/publish/deps.ts'
import { createHandler as createPublishHandler } from '../functions/publish/handler.ts'
import { createReconcileDeps } from '../functions/reconcile/deps.ts'
import { createHandler as createReconcileHandler } from '../functions/reconcile/handler.ts'
import { createRegisterDeps } from '../functions/register/deps.ts'
import { createHandler as createRegisterHandler } from '../functions/register/handler.ts'
import { everyTick } from './aws/lambda/every-tick.ts'
import { pollQueue } from './aws/lambda/poll-queue.ts'
import type { Cloud } from './cloud.ts'

const minute = 60_000

/** The stack's own limits: a register or reconcile invocation has half a minute or more, the publisher a quarter of an hour. */
const timeouts = { register: 30_000, reconcile: minute, publish: 15 * minute }

export type FunctionsOptions = {
  readonly settings: FunctionSettings
  readonly access: () => Promise<ConsulAccess>
  readonly cloud: Cloud
  readonly templates: TemplateSets
  readonly log: Log
}

/** Runs the three functions as Lambda would: the queue feeds one, schedules tick the others. `close` ends them in that order. */
export function startFunctions(options: FunctionsOptions): { close(): Promise<void> } {
  const { settings, access, cloud, templates, log } = options
  const shared = { settings, access, aws: cloud.clients, log, clock: systemClock }
  const registerDeps = createRegisterDeps(shared)
  const reconcileDeps = createReconcileDeps(shared)
  const publishDeps = createPublishDeps({ ...shared, ...templates, code: 'local' })
  const reconcile = createReconcileHandler(reconcileDeps)
  const failed = (line: string) => log.error('invocation-failed', { reason: line })
  const poller = pollQueue({
    sqs: cloud.clients.sqs,
    queueUrl: cloud.sqs.queueUrl,
    handler: createRegisterHandler(registerDeps),
    timeoutMs: timeouts.register,
    log: failed,
  })
  const reconcileTicks = everyTick({
    periodMs: minute,
    timeoutMs: timeouts.reconcile,
    handler: (_event, context) => reconcile({}, context),
    functionName: 'reconcile',
    log: failed,
  })
  const publish = everyTick({
    periodMs: minute,
    timeoutMs: timeouts.publish,
    handler: createPublishHandler(publishDeps),
    functionName: 'publish',
    log: failed,
  })
  return {
    async close() {
      await Promise.all([poller.close(), reconcileTicks.close(), publish.close()])
      await Promise.all([registerDeps, reconcileDeps, publishDeps].map((deps) => deps.close()))
    },
  }
}
