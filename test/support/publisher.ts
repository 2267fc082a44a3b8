import { generateKeyPairSync } from 'node:crypto'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { ConsulAccess } from '../../adapters/consul/access.ts'
import { createConsulClient } from '../../adapters/consul/client.ts'
import { createLocalSigner } from '../../adapters/signer.ts'
import {
  type CheckReason,
  checkId,
  checkOutputs,
  entryMeta,
  managedBy,
  nodeName,
} from '../../core/catalog/entry.ts'
import { epochKey, ledgerKey, stampKey } from '../../core/ledger/keys.ts'
import type { LedgerEntry } from '../../core/ledger/ledger.ts'
import type { Publication } from '../../core/publish/publication.ts'
import { type Pin, type Pointer, signedText } from '../../core/release/channel.ts'
import { blobKey, channelKey, publicationKey } from '../../core/release/keys.ts'
import { parseEndpoints } from '../../core/release/parse-endpoints.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import type { FunctionSettings, PublishSettings } from '../../core/settings/settings.ts'
import { createPublishDeps } from '../../functions/publish/deps.ts'
import { createHandler, type PublishRecord } from '../../functions/publish/handler.ts'
import type { Consul } from '../../local/consul/start-consul.ts'
import { defaultTemplates } from './routes.ts'
import type { TestS3 } from './s3.ts'

export const cluster = { account: '111122223333', region: 'eu-central-1', cluster: 'main' }
const prefix = 'quayside'
const keys = generateKeyPairSync('ed25519')
/** PEM of the key that test publishers sign with. */
export const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** What hosts verify this publisher's pointers with. */
export const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()

export type LogLine = { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }

export type TestPublisher = {
  readonly log: readonly LogLine[]
  /** What the handler returned; resolves after `stop`, or when it left by itself. */
  readonly done: Promise<PublishRecord>
  stop(): Promise<PublishRecord>
}

export function consulAccess(consul: Consul): ConsulAccess {
  return {
    addresses: [consul.httpsUrl ?? consul.httpUrl ?? ''],
    datacenter: consul.datacenter,
    ...(consul.ca === undefined ? {} : { ca: consul.ca.pem, serverName: consul.serverName }),
    ...(consul.token === undefined ? {} : { token: consul.token }),
  }
}

export function functionSettings(over: Partial<PublishSettings> = {}): FunctionSettings {
  return {
    deployment: 'test',
    prefix,
    datacenter: 'dc1',
    clusters: [
      {
        arn: 'arn:aws:ecs:eu-central-1:111122223333:cluster/main',
        servicePrefix: '',
        addressFamily: 'ipv4' as const,
        consul: null,
      },
    ],
    consulSecret: 'consul',
    queueUrl: 'http://127.0.0.1:1/queue',
    bucket: 'releases',
    signingKey: 'local',
    publish: { ...defaultPublishSettings, ...over },
    reconcileCallsPerSecond: 4,
  }
}

export type PublisherOptions = {
  readonly settings?: FunctionSettings
  readonly code?: string
  readonly pinLookMs?: number
  readonly reportsEveryMs?: number
  readonly operatorTemplates?: Readonly<Record<string, string>>
}

/** Runs one tick of the real handler, which leads until it is stopped or the test ends. */
export function startPublisher(
  t: TestContext,
  consul: Consul,
  s3: TestS3,
  {
    settings = functionSettings(),
    code = 'one',
    pinLookMs = 5_000,
    reportsEveryMs = 50,
    operatorTemplates = {},
  }: PublisherOptions = {},
): TestPublisher {
  const log: LogLine[] = []
  const write = (event: string, fields: Readonly<Record<string, unknown>> = {}) =>
    void log.push({ event, fields })
  const stop = new AbortController()
  const access = consulAccess(consul)
  const deps = createPublishDeps({
    settings,
    access: async () => access,
    aws: {
      s3: {
        endpoint: s3.url,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'x' },
      },
    },
    signer: createLocalSigner(privateKey),
    templates: defaultTemplates,
    operatorTemplates,
    code,
    log: { info: write, warn: write, error: write },
    clock: Date.now,
    signal: stop.signal,
  })
  const canary = deps.canary == null ? null : { ...deps.canary, reportsEveryMs }
  const done = createHandler({ ...deps, pinLookMs, canary })(
    {},
    { getRemainingTimeInMillis: () => 600_000 },
  ).finally(() => deps.close())
  done.catch(() => {})
  const end = async () => {
    stop.abort()
    return done
  }
  t.after(() => end().catch(() => {}))
  return { log, done, stop: end }
}

/** Writes to the catalog and the ledger as the registering side does: one transaction per call. */
export function testCatalog(t: TestContext, consul: Consul) {
  const client = createConsulClient(async () => consulAccess(consul))
  t.after(() => client.close())
  const node = nodeName(cluster)

  async function txn(...ops: readonly unknown[]): Promise<void> {
    const { status, body } = await client.request({ method: 'PUT', path: '/v1/txn', body: ops })
    if (status !== 200) throw new Error(JSON.stringify(body))
  }
  const put = async (path: string, body: unknown) =>
    void (await client.request({ method: 'PUT', path, body }))
  const kv = (key: string, value: unknown) => ({
    KV: { Verb: 'set', Key: key, Value: Buffer.from(JSON.stringify(value)).toString('base64') },
  })
  const entryKey = (taskId: string) => ledgerKey(prefix, { ...cluster, taskId })

  return {
    /** The node and the epoch, as bootstrap and the first reconcile pass make them. */
    async bootstrap(epoch = 'e1') {
      await put('/v1/catalog/register', { Node: node, Address: '127.0.0.1' })
      await put(`/v1/kv/${epochKey(prefix)}`, epoch)
    },
    async stamp(at = Date.now(), epoch = 'e1') {
      await txn(kv(stampKey(prefix, cluster), { epoch, at }))
    },
    async task(service: string, taskId: string, port: number, options: TaskOptions = {}) {
      const { reason = 'passing', phase = 'live' } = options
      const id = `${service}-${taskId}`
      await txn(
        kv(entryKey(taskId), ledgerEntry(phase, id, service)),
        { Service: { Verb: 'set', Node: node, Service: serviceBody(id, service, taskId, port, options) } },
        { Check: { Verb: 'set', Check: checkBody(id, service, reason, node) } },
      )
    },
    async gone(service: string, taskId: string) {
      const id = `${service}-${taskId}`
      await txn(kv(entryKey(taskId), ledgerEntry('gone', id, service)), {
        Service: { Verb: 'delete', Node: node, Service: { ID: id, Service: service } },
      })
    },
    /** Deletes the catalog entry behind the ledger's back. */
    async lose(service: string, taskId: string) {
      const id = `${service}-${taskId}`
      await txn({ Service: { Verb: 'delete', Node: node, Service: { ID: id, Service: service } } })
    },
    async key(path: string, value: string | null) {
      const method = value === null ? 'DELETE' : 'PUT'
      await client.request({ method, path: `/v1/kv/${path}`, ...(value === null ? {} : { body: value }) })
    },
    async foreign(
      service: string,
      id: string,
      port: number,
      meta: Readonly<Record<string, string>> = {},
      tags: readonly string[] = ['nginx'],
    ) {
      const Service = {
        ID: id,
        Service: service,
        Address: '10.9.0.1',
        Port: port,
        Tags: tags,
        Meta: meta,
      }
      await put('/v1/catalog/register', { Node: 'other', Address: '10.9.0.1', Service })
    },
    async deregisterForeign(id: string) {
      await put('/v1/catalog/deregister', { Node: 'other', ServiceID: id })
    },
  }
}

export type TaskOptions = {
  readonly reason?: CheckReason
  readonly phase?: LedgerEntry['phase']
  readonly meta?: Readonly<Record<string, string>>
  readonly address?: string
  readonly tags?: readonly string[]
}

function serviceBody(id: string, service: string, taskId: string, port: number, options: TaskOptions) {
  const { meta = {}, address = '10.0.0.1', tags = ['nginx'] } = options
  const { account, region } = cluster
  return {
    ID: id,
    Service: service,
    Address: address,
    Port: port,
    Tags: tags,
    Meta: {
      [entryMeta.managedBy]: managedBy,
      [entryMeta.registrar]: 'test',
      [entryMeta.taskId]: taskId,
      [entryMeta.account]: account,
      [entryMeta.region]: region,
      [entryMeta.cluster]: cluster.cluster,
      'nginx-host': `${service}.test`,
      ...meta,
    },
    Weights: { Passing: 1, Warning: 1 },
  }
}

function checkBody(id: string, service: string, reason: CheckReason, node: string) {
  const Status = reason === 'passing' ? 'passing' : 'critical'
  const Output = checkOutputs[reason]
  return {
    Node: node,
    CheckID: checkId(id),
    Name: 'ECS task',
    Status,
    Output,
    ServiceID: id,
    ServiceName: service,
  }
}

function ledgerEntry(phase: LedgerEntry['phase'], id: string, service: string): LedgerEntry {
  return {
    version: 1,
    phase,
    reason: 'ecs',
    hash: 'x',
    health: {},
    instances: [{ id, service }],
    host: null,
    at: 1,
  }
}

/** What hosts would get now: `service` → `address:port` list, with the pointer. Undefined before the first publication. */
export function currentRelease(
  s3: TestS3,
  channel = 'current',
): { pointer: Pointer; servers: Record<string, string[]> } | undefined {
  const objects = s3.objects(s3.bucket)
  const stored = objects.get(channelKey(channel))
  if (stored === undefined) return undefined
  const { pointer } = parsePointer(stored.toString())
  const blob = objects.get(blobKey(pointer.endpoints.sha256))
  if (blob === undefined) throw new Error('the pointer names endpoints that are not stored')
  const { sources } = parseEndpoints(gunzipSync(blob).toString())
  const lists = Object.entries(sources).map(([source, servers]) => [
    source.replace('@dc1', ''),
    servers.map(({ address, port }) => `${address}:${port}`),
  ])
  return { pointer, servers: Object.fromEntries(lists) }
}

export function publicationOf(s3: TestS3, generation: number): Publication {
  const stored = s3.objects(s3.bucket).get(publicationKey(generation))
  return JSON.parse(stored?.toString() ?? 'null')
}

/** Pins the channel as an operator does: the pointer in force, signed again with the pin. */
export async function pin(s3: TestS3, pin: Pin | null): Promise<void> {
  const signer = createLocalSigner(privateKey)
  const { pointer: old } = currentRelease(s3) ?? {}
  const pointer = { ...old, pin, generation: (old?.generation ?? 0) + 1 }
  const signature = { key: signer.keyId, value: await signer.sign(signedText(pointer)) }
  const Body = JSON.stringify({ pointer, signature })
  await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: channelKey('current'), Body }))
}
