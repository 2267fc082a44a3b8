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
import type { Cloud } from './cloud.ts'
import type { PipelineHandlers } from './functions.ts'

export type SourceOptions = {
  readonly settings: FunctionSettings
  readonly access: () => Promise<ConsulAccess>
  readonly cloud: Pick<Cloud, 'clients'>
  readonly templates: TemplateSets
  readonly log: Log
}

const minute = 60_000

/** The handlers in this process, straight from their sources, with the stack's own time limits. */
export function sourceFunctions(options: SourceOptions): PipelineHandlers {
  const { settings, access, cloud, templates, log } = options
  const shared = { settings, access, aws: cloud.clients, log, clock: systemClock }
  const registerDeps = createRegisterDeps(shared)
  const reconcileDeps = createReconcileDeps(shared)
  const publishDeps = createPublishDeps({ ...shared, ...templates, code: 'local' })
  const reconcile = createReconcileHandler(reconcileDeps)
  return {
    register: { handler: createRegisterHandler(registerDeps), timeoutMs: minute / 2 },
    reconcile: { handler: (_event, context) => reconcile({}, context), timeoutMs: minute },
    publish: { handler: createPublishHandler(publishDeps), timeoutMs: 15 * minute },
    close: async () => {
      await Promise.all([registerDeps, reconcileDeps, publishDeps].map((deps) => deps.close()))
    },
  }
}
