import type { Log } from '../../adapters/log.ts'
import type { LambdaContext } from '../aws/lambda/context.ts'
import { relayLog } from '../aws/lambda/relay-log.ts'
import { deployFunction } from '../aws/lambda/sandboxes.ts'
import type { SqsBatchResponse } from '../aws/lambda/sqs-event.ts'
import type { Cloud } from '../cloud.ts'
import type { PipelineHandlers } from '../functions.ts'
import type { Processes } from '../processes/processes.ts'
import { bucket } from '../settings.ts'
import { localConfig } from './local-config.ts'
import { synthesize } from './synthesize.ts'

export type BundledOptions = {
  readonly cloud: Pick<Cloud, 'ecs' | 'sqs' | 'signing' | 'environment'>
  readonly datacenter: string
  /** The operator's folder of templates, by its absolute path; null for none. */
  readonly templates: string | null
  readonly processes: Processes
  readonly log: Log
}

/**
 * The functions as `cdk deploy` would deploy them: bundles and environment of a synthesized template, each in processes of its own that
 * know nothing but these.
 */
export async function bundledFunctions(options: BundledOptions): Promise<PipelineHandlers> {
  const { cloud, datacenter, templates, processes, log } = options
  const { clusterArn } = cloud.ecs
  const places = { queueUrl: cloud.sqs.queueUrl, bucket, signingKeyArn: cloud.signing.keyArn }
  const folder = await processes.temporaryFolder('assembly')
  const config = localConfig({ clusterArn, datacenter })
  const stated = { ...config, ...(templates === null ? {} : { templates }) }
  const found = await synthesize(stated, folder, places, processes)
  const start = (name: 'register' | 'reconcile' | 'publish') => {
    const { timeoutMs, ...deployed } = found[name]
    const environment = { ...cloud.environment, ...deployed.environment }
    const running = deployFunction({ ...deployed, environment }, { processes, onLine: relayLog(name, log) })
    return { timeoutMs, ...running }
  }
  const [register, reconcile, publish] = (['register', 'reconcile', 'publish'] as const).map(start) as [
    Started,
    Started,
    Started,
  ]
  return {
    register: { ...register, handler: (event, context) => register.invoke<SqsBatchResponse>(event, context) },
    reconcile: { ...reconcile, handler: ended(reconcile) },
    publish: { ...publish, handler: ended(publish) },
    close: async () => {
      await Promise.all([register, reconcile, publish].map((one) => one.close()))
    },
  }
}

type Started = ReturnType<typeof deployFunction> & { readonly timeoutMs: number }

/** When the schedule closes, what runs is ended with its process: nothing else could ask it to stop. */
function ended(deployed: Started) {
  return async (event: unknown, context: LambdaContext, signal: AbortSignal): Promise<unknown> => {
    signal.addEventListener('abort', () => void deployed.close(), { once: true })
    try {
      return await deployed.invoke(event, context)
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }
}
