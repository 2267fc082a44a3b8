import type { Reply } from '../http-server.ts'
import { checkDelete } from './conditions.ts'
import { bucketOf, type S3Context } from './context.ts'
import { S3Error } from './errors.ts'
import type { S3Request } from './request.ts'
import { type Bucket, createBucket } from './store.ts'
import { removeObject } from './write-object.ts'
import { elementsOf, unescapeXml, type XmlElements, xmlReply } from './xml.ts'

export function createBucketAction(context: S3Context, request: S3Request): Reply {
  const { bucket: name } = request
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
    throw new S3Error(400, 'InvalidBucketName', `The specified bucket is not valid: ${name}`)
  if (context.buckets.has(name))
    throw new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded',
    )
  context.buckets.set(name, createBucket(name))
  return { status: 200, headers: { location: `/${name}` } }
}

export function headBucket(context: S3Context, request: S3Request): Reply {
  bucketOf(context, request)
  return { status: 200, headers: { 'x-amz-bucket-region': context.options.region ?? 'us-east-1' } }
}

export function getVersioning(context: S3Context, request: S3Request): Reply {
  return xmlReply('VersioningConfiguration', { Status: bucketOf(context, request).versioning })
}

export function putVersioning(context: S3Context, request: S3Request, body: Buffer): Reply {
  const [status] = elementsOf(body.toString(), 'Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml()
  bucketOf(context, request).versioning = status
  return { status: 200 }
}

/** DeleteObjects: each key on its own, up to 1,000; what fails is listed and the rest goes on. */
export function deleteObjects(context: S3Context, request: S3Request, body: Buffer): Reply {
  const bucket = bucketOf(context, request)
  const xml = body.toString()
  const wanted = elementsOf(xml, 'Object')
  if (wanted.length === 0 || wanted.length > 1000) throw malformedXml()
  const outcomes = wanted.map((element) => deleteOne(context, bucket, element))
  const quiet = elementsOf(xml, 'Quiet')[0] === 'true'
  return xmlReply('DeleteResult', {
    Deleted: quiet ? [] : outcomes.flatMap(({ deleted }) => deleted ?? []),
    Error: outcomes.flatMap(({ error }) => error ?? []),
  })
}

function deleteOne(
  context: S3Context,
  bucket: Bucket,
  element: string,
): { deleted?: XmlElements; error?: XmlElements } {
  const field = (name: string): string | undefined => elementsOf(element, name).map(unescapeXml)[0]
  const key = field('Key') ?? ''
  const versionId = field('VersionId')
  try {
    checkDelete(field('ETag'), bucket.objects.get(key)?.at(-1))
  } catch (error) {
    if (!(error instanceof S3Error)) throw error
    return { error: { Key: key, VersionId: versionId, Code: error.code, Message: error.message } }
  }
  const outcome = removeObject(bucket, key, versionId, context.now())
  const marker = outcome.deleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: outcome.versionId } : {}
  return { deleted: { Key: key, VersionId: versionId, ...marker } }
}

function malformedXml(): S3Error {
  return new S3Error(400, 'MalformedXML', 'The XML you provided was not well-formed or did not validate')
}
