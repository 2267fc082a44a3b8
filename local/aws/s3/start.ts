import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type Fault, type LocalServer, listenHttp, type Reply, readBody, sendReply } from '../http-server.ts'
import {
  createBucketAction,
  deleteObjects,
  getVersioning,
  headBucket,
  putVersioning,
} from './bucket-actions.ts'
import { maxObjectBytes, type S3Context, type S3Options } from './context.ts'
import { accessDenied, S3Error } from './errors.ts'
import { listObjects, listVersions } from './list-objects.ts'
import { readObject } from './read-object.ts'
import { parseRequest, type S3Request } from './request.ts'
import { verifySignature } from './signature.ts'
import { type Bucket, createBucket, currentObject } from './store.ts'
import { deleteObject, deletionsOf, putObject } from './write-object.ts'
import { escapeXml } from './xml.ts'

export type LocalS3 = LocalServer & {
  /** The current objects of a bucket, by key: the bytes as stored. */
  objects(bucket: string): Map<string, Buffer>
  /** The latest 10,000 requests, oldest first. */
  readonly requests: readonly S3Request[]
  setFaults(faults: S3Options['faults']): void
  setBeforeCommit(hook: S3Options['beforeCommit']): void
}

const rememberedRequests = 10_000

/**
 * Starts an S3 that keeps its objects in memory and follows AWS in conditions, versions, errors and (on
 * request) signatures.
 */
export async function startS3(given: S3Options = {}): Promise<LocalS3> {
  const options = { ...given }
  const context: S3Context = { buckets: initialBuckets(given), options, now: given.now ?? (() => new Date()) }
  const requests: S3Request[] = []
  const server = await listenHttp(
    (message, response) => handle(context, requests, message, response),
    given.port,
  )
  return {
    ...server,
    requests,
    objects: (name) => objectsOf(context.buckets.get(name)),
    setFaults: (faults) => void Object.assign(options, { faults }),
    setBeforeCommit: (beforeCommit) => void Object.assign(options, { beforeCommit }),
  }
}

async function handle(
  context: S3Context,
  requests: S3Request[],
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()
  response.setHeader('x-amz-request-id', requestId)
  try {
    const request = parseRequest(message)
    requests.push(request)
    if (requests.length > rememberedRequests) requests.shift()
    const deletions = deletionsOf(context, request)
    const body = await readBody(message, maxObjectBytes(context.options) * 1.01 + 65_536)
    const fault = context.options.faults?.(request)
    if (fault === 'reset') return void message.socket.resetAndDestroy()
    const reply = (await faultReply(fault)) ?? (await answer(context, request, body, deletions))
    sendReply(response, reply, fault === 'truncate' ? fault : undefined)
  } catch (error) {
    sendReply(response, errorReply(error, requestId))
  }
}

async function answer(
  context: S3Context,
  request: S3Request,
  raw: Buffer | undefined,
  deletions: number,
): Promise<Reply> {
  const body = raw ?? Buffer.alloc(0)
  authorize(context, request, body)
  const { method, query } = request
  if (request.key === '') return bucketAction(context, request, body)
  if (method === 'PUT') return putObject(context, request, raw, deletions)
  if (method === 'GET' || method === 'HEAD') return readObject(context, request)
  if (method === 'DELETE') return deleteObject(context, request)
  throw notImplemented(`${method} of an object with ?${query}`)
}

function bucketAction(context: S3Context, request: S3Request, body: Buffer): Reply {
  const { method, query } = request
  if (query.has('versioning')) {
    return method === 'PUT' ? putVersioning(context, request, body) : getVersioning(context, request)
  }
  if (method === 'POST' && query.has('delete')) return deleteObjects(context, request, body)
  if (method === 'GET' && query.has('versions')) return listVersions(context, request)
  if (method === 'GET' && query.get('list-type') === '2') return listObjects(context, request)
  if (method === 'PUT' && request.rawQuery === '') return createBucketAction(context, request)
  if (method === 'HEAD') return headBucket(context, request)
  throw notImplemented(`${method} of a bucket with ?${query}`)
}

function authorize({ options, now }: S3Context, request: S3Request, body: Buffer): void {
  if (options.accessKeys === undefined) return
  if (request.accessKeyId === undefined) throw accessDenied()
  const key = options.accessKeys[request.accessKeyId]
  if (key === undefined)
    throw new S3Error(
      403,
      'InvalidAccessKeyId',
      'The access key id you provided does not exist in our records.',
    )
  if (options.verifySignatures) verifySignature(request, body, key, { region: options.region, now: now() })
  if (key.allow?.(request) === false) throw accessDenied()
}

async function faultReply(fault: Fault | undefined): Promise<Reply | undefined> {
  if (typeof fault !== 'object') return undefined
  if (fault.delayMs !== undefined) await delay(fault.delayMs)
  if (fault.status === undefined) return undefined
  throw new S3Error(fault.status, fault.code ?? 'InternalError', fault.message ?? 'A fault was asked for')
}

function errorReply(error: unknown, requestId: string): Reply {
  const known =
    error instanceof S3Error
      ? error
      : error instanceof URIError
        ? new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.")
        : new S3Error(500, 'InternalError', String(error))
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(known.code)}</Code><Message>${escapeXml(known.message)}</Message><RequestId>${requestId}</RequestId></Error>`
  return { status: known.status, headers: { 'content-type': 'application/xml', ...known.headers }, body }
}

function notImplemented(what: string): S3Error {
  return new S3Error(501, 'NotImplemented', `This stand-in doesn't know ${what}`)
}

function initialBuckets({ buckets = [] }: S3Options): Map<string, Bucket> {
  const entries = Array.isArray(buckets)
    ? buckets.map((name: string) => [name, undefined] as const)
    : Object.entries(buckets as Record<string, 'Enabled' | 'Suspended' | undefined>)
  return new Map(
    entries.map(([name, versioning]) => [name, Object.assign(createBucket(name), { versioning })]),
  )
}

function objectsOf(bucket: Bucket | undefined): Map<string, Buffer> {
  const keys = [...(bucket?.objects.keys() ?? [])]
  return new Map(
    keys.flatMap((key) => {
      const object = bucket && currentObject(bucket, key)
      return object === undefined ? [] : [[key, object.body] as const]
    }),
  )
}
