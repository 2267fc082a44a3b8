import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { awsTimeouts } from '../../adapters/aws-errors.ts'
import type { Clock } from '../../adapters/clock.ts'
import type { ConsulAccessProvider } from '../../adapters/consul/access.ts'
import { type ConsulClient, createConsulClient } from '../../adapters/consul/client.ts'
import { readEvidence } from '../../adapters/consul/evidence.ts'
import { createLeaderLock } from '../../adapters/consul/leader-lock.ts'
import { watchData } from '../../adapters/consul/watch-data.ts'
import { connectionBudget, watchSources } from '../../adapters/consul/watch-sources.ts'
import { openHostReports } from '../../adapters/host-reports.ts'
import type { Log } from '../../adapters/log.ts'
import { type Metrics, noMetrics } from '../../adapters/metrics.ts'
import { pause } from '../../adapters/pause.ts'
import { openReleases } from '../../adapters/releases.ts'
import { createKmsSigner, type Signer } from '../../adapters/signer.ts'
import { digestOf } from '../../core/canonical.ts'
import { homesOf } from '../../core/ledger/home.ts'
import { leaderKey } from '../../core/ledger/keys.ts'
import { sourceKey } from '../../core/release/endpoints.ts'
import type { Templates } from '../../core/render/templates.ts'
import { renderUpstreams } from '../../core/render/upstreams.ts'
import type { ConsulScope, FunctionSettings } from '../../core/settings/settings.ts'
import { parseClusterArn } from '../../core/task/arn.ts'
import { layoutBuilder } from './build-layout.ts'
import type { WatchEvents } from './follow.ts'
import type { PublishDeps } from './handler.ts'
import { watchBoth } from './watch-both.ts'

export type PublishWiring = {
  readonly settings: FunctionSettings
  readonly access: ConsulAccessProvider
  /** Where the AWS clients go; empty in AWS, where the environment says it. */
  readonly aws?: { readonly s3?: S3ClientConfig; readonly kms?: KMSClientConfig }
  /** Signs in place of the KMS key of the settings. */
  readonly signer?: Signer
  /** What Quayside's own configuration is made from. */
  readonly templates: Templates
  /** The operator's own, by their names; none by default. */
  readonly operatorTemplates?: Templates
  /** Identifies the code; publishers of different code take over from one another. */
  readonly code: string
  readonly log: Log
  readonly metrics?: Metrics
  readonly clock: Clock
  readonly signal?: AbortSignal
}

/** For what templates read beside services; used only where they do. */
const dataConnections = 4

/** The handler's dependencies over real clients, and `close` for a process that outlives them. */
export function createPublishDeps(
  wiring: PublishWiring,
): PublishDeps & { readonly close: () => Promise<void> } {
  const { settings, access, aws = {}, templates, operatorTemplates = {}, log, clock } = wiring
  const { metrics = noMetrics } = wiring
  const { prefix, deployment, datacenter, publish } = settings
  // Several clients: on plain HTTP each blocking query holds a connection, and everything else would wait behind them.
  const watching = createConsulClient(access, { connections: connectionBudget })
  const reading = createConsulClient(access, { connections: dataConnections })
  const consul = createConsulClient(access, { connections: 4 })
  const s3 = new S3Client({ ...awsTimeouts, ...aws.s3 })
  // Each forgets what is older than it asks for, so that two readers of different times need one each.
  const openReports = () => openHostReports(s3, settings.bucket, clock)
  const reportsFor = { canary: openReports(), fleet: openReports() }
  // Of clusters that are registered in another part of Consul nothing is watched here, and nothing is stamped here.
  const here = settings.clusters.filter(({ consul }) => isHere(consul, settings.datacenter))
  const clusters = here.map(({ arn }) => parseClusterArn(arn, 'clusters'))
  const datacenters = [...new Set([datacenter, ...publish.datacenters])]
  return {
    releases: openReleases(s3, settings.bucket),
    openSigner: signerOnce(wiring),
    identity: { deployment, channel: publish.channel, lifeMs: publish.pointerLifeMs },
    trustedKeys: publish.trustedKeys,
    judge: { deployment, homes: homesOf(clusters), datacenter, prefix, networks: publish.networks },
    canary: publish.canary && { settings: publish.canary, readReports: reportsFor.canary },
    readReports: reportsFor.fleet,
    look: { prefix, clusters, guard: publish.guard },
    datacenters,
    buildLayout: layoutBuilder(publish, { datacenter, deployment }, templates),
    operatorTemplates,
    renderUpstreams,
    openWatch: watchOpener(wiring, datacenters, { watching, reading }),
    readEvidence: (keys) => readEvidence(consul, prefix, keys, clock),
    openLock: (own) => createLeaderLock(consul, leaderKey(prefix, settings.bucket), own),
    pace: publish.pace,
    operatorSources: publish.routes.map(({ service }) => sourceKey(service, datacenter)),
    version: { code: wiring.code, config: digestOf({ settings, templates, operatorTemplates }) },
    log,
    metrics,
    now: clock,
    pause,
    random: Math.random,
    signal: wiring.signal ?? new AbortController().signal,
    close: async () => {
      s3.destroy()
      await Promise.all([watching.close(), reading.close(), consul.close()])
    },
  }
}

type WatchClients = { readonly watching: ConsulClient; readonly reading: ConsulClient }

function watchOpener(
  { access, clock, settings: { datacenter, publish } }: PublishWiring,
  datacenters: readonly string[],
  { watching, reading }: WatchClients,
): PublishDeps['openWatch'] {
  return async () => {
    const { addresses } = await access()
    const multiplexed = addresses.every((address) => address.startsWith('https:'))
    const common = { local: datacenter, now: clock, random: Math.random }
    const connections = multiplexed ? null : dataConnections
    const open = {
      networks: publish.networks,
      services: (events: WatchEvents) =>
        watchSources({ ...common, client: watching, datacenters, multiplexed, ...events }),
      data: (events: WatchEvents) => watchData({ ...common, client: reading, connections, ...events }),
    }
    return (events) => watchBoth(open, events)
  }
}

/** Asks KMS once for its key; a failure is forgotten, so that the next tick asks again. */
function signerOnce({ signer, aws, settings }: PublishWiring): () => Promise<Signer> {
  let opened: Promise<Signer> | null = signer === undefined ? null : Promise.resolve(signer)
  return () => {
    opened ??= createKmsSigner(new KMSClient({ ...awsTimeouts, ...aws?.kms }), settings.signingKey).catch(
      (error: unknown) => {
        opened = null
        throw error
      },
    )
    return opened
  }
}

function isHere(scope: ConsulScope | null, datacenter: string): boolean {
  if (scope === null) return true
  const isSame = scope.datacenter === null || scope.datacenter === datacenter
  return isSame && scope.namespace === null && scope.partition === null
}
