import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ConsulAccess } from '../adapters/consul/access.ts'
import type { Log } from '../adapters/log.ts'
import { readTemplateSets, type TemplateSets } from '../adapters/templates.ts'
import { QuaysideError } from '../core/errors.ts'
import { renderLayout } from '../core/render/layout.ts'
import { checkOperatorTemplates } from '../core/template/check-templates.ts'
import { bundledFunctions } from './bundles/bundled-functions.ts'
import { consulSecret } from './bundles/local-config.ts'
import { type Cloud, startCloud } from './cloud.ts'
import { type Consul, startConsul } from './consul/start-consul.ts'
import { openConsulView } from './consul-view.ts'
import { demoDefinition, demoService } from './demo-service.ts'
import { type LocalHost, startFleet } from './fleet.ts'
import { type PipelineHandlers, startFunctions } from './functions.ts'
import type { LocalOptions } from './options.ts'
import type { Processes } from './processes/processes.ts'
import { localSettings } from './settings.ts'
import { sourceFunctions } from './source-functions.ts'
import type { NginxTool, Tools } from './tools/tool.ts'

export const hostNames = ['host-a', 'host-b'] as const

export type Pipeline = {
  readonly cloud: Cloud
  /** Null where the pipeline was told to use a Consul that runs already. */
  readonly consul: Consul | null
  readonly access: ConsulAccess
  readonly hosts: readonly LocalHost[]
  /** Ends everything that runs in this process; the programs and folders end with `Processes`. */
  close(): Promise<void>
}

export type PipelineOptions = Pick<
  LocalOptions,
  'pollMs' | 'graceSeconds' | 'port' | 'consulPort' | 'consulAddress' | 'templates' | 'bundles'
> & {
  readonly tools: Tools
  /** The nginx of each host, where they differ; by default the usual one. */
  readonly nginxes?: readonly [NginxTool, ...NginxTool[]]
  readonly processes: Processes
  readonly log: Log
}

/** Starts the whole pipeline on this machine: AWS's side, Consul, the three functions, and the nginx hosts with their agents. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { processes, tools, nginxes = [tools.nginx], log } = options
  const templates = readTemplateSets(ownTemplates, folderUrl(options.templates))
  // What can be found wrong now is said now, before anything runs.
  renderLayout(emptyModel, templates.templates)
  checkOperatorTemplates(templates.operatorTemplates)
  const { consul, access } = await openConsul(options)
  const onDropped = (rule: string, error: unknown) =>
    log.error('event-dropped', { rule, reason: String(error) })
  const cloud = await startCloud({
    processes,
    hosts: hostNames,
    graceSeconds: options.graceSeconds,
    secrets: { [consulSecret]: JSON.stringify(access) },
    onDropped,
  })
  const hosts = await startFleet({
    ...{ names: hostNames, processes, nginxes, log },
    ...{
      s3Url: cloud.s3.url,
      publicKey: cloud.signing.publicKey,
      pollMs: options.pollMs,
      port: options.port,
    },
  })
  const handlers = await functionsFor(options, cloud, access, templates)
  const functions = startFunctions({ handlers, cloud, log })
  cloud.ecs.createService({ name: demoService, taskDefinition: demoDefinition, desiredCount: 0 })
  return {
    ...{ cloud, consul, access, hosts },
    async close() {
      await Promise.all(hosts.map(({ agent }) => agent.stop()))
      await functions.close()
      await cloud.close()
    },
  }
}

/** As they are deployed, or straight from the sources, which starts in a moment. */
async function functionsFor(
  { bundles, processes, log, ...options }: PipelineOptions,
  cloud: Cloud,
  access: ConsulAccess,
  templates: TemplateSets,
): Promise<PipelineHandlers> {
  const datacenter = access.datacenter ?? 'dc1'
  if (bundles) {
    const folder = options.templates === null ? null : resolve(options.templates)
    return bundledFunctions({ cloud, datacenter, templates: folder, processes, log })
  }
  const { clusterArn } = cloud.ecs
  const place = { clusterArn, queueUrl: cloud.sqs.queueUrl, signingKey: cloud.signing.keyArn, datacenter }
  return sourceFunctions({
    ...{ settings: localSettings(place), access: async () => access, cloud, templates, log },
  })
}

const ownTemplates = new URL('../templates/', import.meta.url)

function folderUrl(folder: string | null): URL | null {
  return folder === null ? null : pathToFileURL(folder.endsWith('/') ? folder : `${folder}/`)
}

const emptyModel = { defaultServers: [], httpServers: [], streamServers: [], upstreams: [] }

async function openConsul(
  options: PipelineOptions,
): Promise<{ consul: Consul | null; access: ConsulAccess }> {
  const { consulAddress, consulPort, tools, processes } = options
  if (consulAddress !== null) return { consul: null, access: await reach(consulAddress) }
  const port = consulPort === 0 ? {} : { port: consulPort }
  const consul = await startConsul({ consul: tools.consul, processes, http: true, ...port })
  return { consul, access: accessTo(consul) }
}

/** A Consul that runs already must answer before anything is built on it. */
async function reach(address: string): Promise<ConsulAccess> {
  const access = { addresses: [address], datacenter: 'dc1' }
  const view = openConsulView(access)
  try {
    await view.check()
    return access
  } catch (cause) {
    const advice = 'Start Consul there, correct --consul-address, or leave it out to have a Consul started.'
    throw new QuaysideError('CONSUL_UNREACHABLE', `Consul at ${address} doesn't answer. ${advice}`, { cause })
  } finally {
    await view.close()
  }
}

function accessTo({ httpsUrl, ca, datacenter, serverName, token }: Consul): ConsulAccess {
  return {
    addresses: httpsUrl === undefined ? [] : [httpsUrl],
    ...{ datacenter, serverName },
    ...(ca === undefined ? {} : { ca: ca.pem }),
    ...(token === undefined ? {} : { token }),
  }
}
