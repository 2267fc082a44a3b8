import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { canonicalJson, sha256 } from '../../core/canonical.ts'
import { type Pointer, type Ref, signedText } from '../../core/release/channel.ts'
import type { Endpoints, Server } from '../../core/release/endpoints.ts'
import { blobKey, channelKey, layoutKey } from '../../core/release/keys.ts'
import type { Layout, NginxContext, UpstreamSettings } from '../../core/release/layout.ts'
import { keyId } from '../../core/release/verify-pointer.ts'
import { renderUpstreams } from '../../core/render/upstreams.ts'
import type { TestS3 } from './s3.ts'

export type TestFile = { readonly path: string; readonly context: NginxContext; readonly content: string }

export type TestRelease = {
  readonly files: readonly TestFile[]
  /** Files of operators' templates that read instances. */
  readonly volatile?: readonly TestFile[]
  readonly upstreams?: readonly UpstreamSettings[]
  readonly sources?: Readonly<Record<string, readonly Server[]>>
}

export type Published = {
  readonly pointer: Pointer
  readonly layout: Ref
  /** `performance.now()` just before the pointer was put. */
  readonly putAt: number
}

export type TestChannel = {
  /** PEM of the public key that hosts verify with. */
  readonly publicKey: string
  readonly deployment: string
  readonly channel: string
  /** Puts blobs, layout and the signed pointer; each pointer has the next generation unless `overrides` says otherwise. */
  publish(release: TestRelease, overrides?: Partial<Pointer>): Promise<Published>
  /** Puts a pointer as it is, signed by this channel's key or by another one. */
  putPointer(pointer: Pointer, signer?: KeyObject): Promise<void>
  put(key: string, body: string | Uint8Array): Promise<void>
}

/** A channel with its own new Ed25519 key, in an S3 stand-in. */
export function openTestChannel(
  s3: TestS3,
  names: { deployment?: string; channel?: string } = {},
): TestChannel {
  const { deployment = 'test', channel = 'current' } = names
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  let generation = Math.floor(Date.now() / 1000)

  const put = async (key: string, body: string | Uint8Array) => {
    await s3.client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: body }))
  }
  const putBlob = async (content: string): Promise<Ref> => {
    const ref = refOf(content)
    await put(blobKey(ref.sha256), gzipSync(content))
    return ref
  }
  const putPointer = async (pointer: Pointer, signer: KeyObject = privateKey) => {
    const value = sign(null, Buffer.from(signedText(pointer)), signer).toString('base64')
    const signature = { key: keyId(publicKey), value }
    await put(channelKey(channel), JSON.stringify({ pointer, signature }))
  }

  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    deployment,
    channel,
    put,
    putPointer,
    async publish({ files, volatile = [], upstreams = [], sources = {} }, overrides = {}) {
      const putFile = async ({ path, context, content }: TestFile) => {
        return { path, context, ...(await putBlob(content)) }
      }
      const stored = await Promise.all(files.map(putFile))
      const made = volatile.map(({ path, context }) => {
        return { path, context, template: sha256(path), queries: [] }
      })
      const document: Layout = { schema: 1, files: stored, upstreams, volatile: made, renderer: 'test/1' }
      const layout = refOf(canonicalJson(document))
      await put(layoutKey(layout.sha256), canonicalJson(document))
      const endpoints: Endpoints = { schema: 1, sources }
      const rendered = renderUpstreams(upstreams, endpoints, { mode: 'static' })
      generation += 1
      const pointer: Pointer = {
        schema: 1,
        ...{ deployment, channel, generation, layout },
        previousLayout: null,
        endpoints: await putBlob(canonicalJson(endpoints)),
        upstreams: { http: await putBlob(rendered.http), stream: await putBlob(rendered.stream) },
        volatile: await Promise.all(volatile.map(putFile)),
        state: refOf('{}'),
        pin: null,
        created: new Date().toISOString(),
        expires: new Date(Date.now() + 3_600_000).toISOString(),
        ...overrides,
      }
      const putAt = performance.now()
      await putPointer(pointer)
      return { pointer, layout, putAt }
    },
  }
}

export function refOf(content: string): Ref {
  return { sha256: sha256(content), size: Buffer.byteLength(content) }
}

/** Upstream settings with one source of the same name. */
export function testUpstream(service: string, over: Partial<UpstreamSettings> = {}): UpstreamSettings {
  return {
    name: `quayside_${service}`,
    context: 'http',
    method: 'round_robin',
    keepalive: 0,
    maxFails: 1,
    failTimeoutSeconds: 10,
    sources: [{ source: `${service}@dc1`, share: 100 }],
    ...over,
  }
}
