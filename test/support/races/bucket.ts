import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { channelKey } from '../../../core/release/keys.ts'
import { md5Etag } from '../../../local/aws/s3/body.ts'
import { checkWrite } from '../../../local/aws/s3/conditions.ts'
import { S3Error } from '../../../local/aws/s3/errors.ts'
import { createBucket, currentObject, putObjectVersion } from '../../../local/aws/s3/store.ts'

/** A versioned bucket without a server around it: the stand-in's store and conditions, each request in one piece. */
export type Bucket = {
  readonly s3: Pick<S3Client, 'send'>
  readonly get: (key: string) => Buffer | null
  /** Every text that a channel's object ever had, oldest first. */
  readonly pointers: (channel?: string) => readonly string[]
  /** Calls the listener after each write. */
  readonly onPut: (listener: (key: string) => void) => void
}

export function openBucket(): Bucket {
  const listeners: ((key: string) => void)[] = []
  const store = Object.assign(createBucket('releases'), { versioning: 'Enabled' as const })
  const get = (key: string) => currentObject(store, key)?.body ?? null

  async function send(command: unknown): Promise<unknown> {
    try {
      if (command instanceof GetObjectCommand) return read(String(command.input.Key))
      if (command instanceof HeadObjectCommand) return look(String(command.input.Key))
      if (command instanceof PutObjectCommand) return write(command.input)
    } catch (error) {
      if (error instanceof S3Error) throw asSdkError(error)
      throw error
    }
    throw new Error('this bucket knows GetObject, HeadObject and PutObject only')
  }

  function read(key: string): unknown {
    const object = currentObject(store, key)
    if (object === undefined) throw new S3Error(404, 'NoSuchKey', key)
    return {
      ETag: object.etag,
      LastModified: object.lastModified,
      Body: { transformToByteArray: async () => new Uint8Array(object.body) },
    }
  }

  function look(key: string): unknown {
    const object = currentObject(store, key)
    if (object === undefined) throw new S3Error(404, 'NotFound', key)
    return { ETag: object.etag, LastModified: object.lastModified }
  }

  function write({ Key, Body, IfMatch, IfNoneMatch }: PutObjectCommand['input']): unknown {
    const key = String(Key)
    const conditions = {
      ...(IfMatch === undefined ? {} : { 'if-match': IfMatch }),
      ...(IfNoneMatch === undefined ? {} : { 'if-none-match': IfNoneMatch }),
    }
    checkWrite(conditions, currentObject(store, key), false)
    const body = Buffer.from(Body as Uint8Array | string)
    const etag = md5Etag(body)
    const about = { headers: {}, checksums: {}, lastModified: new Date() }
    putObjectVersion(store, { key, body, etag, ...about })
    for (const listener of listeners) listener(key)
    return { ETag: etag }
  }

  const pointers = (channel = 'current') =>
    (store.objects.get(channelKey(channel)) ?? []).map(({ body }) => body.toString())
  const onPut = (listener: (key: string) => void) => void listeners.push(listener)
  return { s3: { send } as unknown as Pick<S3Client, 'send'>, get, pointers, onPut }
}

function asSdkError({ status, code, message }: S3Error): Error {
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } })
}
