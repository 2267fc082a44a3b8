import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { S3Client } from '@aws-sdk/client-s3'
import { deleteVersions, listObjects, listVersions } from '../../adapters/bucket-listing.ts'

const at = new Date('2026-11-20T12:00:00Z')

/** A client that gives these answers in turn, and remembers what it was asked. */
function answering(...answers: readonly object[]) {
  const asked: Record<string, unknown>[] = []
  const send = async (command: { readonly input: object }) => {
    asked.push({ ...command.input })
    return answers[asked.length - 1] ?? assert.fail('one request too many')
  }
  return { asked, client: { send } as unknown as S3Client }
}

test('a listing goes on to its last page, and begins where it is told', async () => {
  const { asked, client } = answering(
    { Contents: [{ Key: 'a/1', LastModified: at }], NextContinuationToken: 'more' },
    { Contents: [{ Key: 'a/2', LastModified: at }] },
  )
  const found = await listObjects(client, 'b', 'a/', 'a/0')
  assert.deepEqual(found, [
    { key: 'a/1', at: at.getTime() },
    { key: 'a/2', at: at.getTime() },
  ])
  assert.deepEqual(asked, [
    { Bucket: 'b', Prefix: 'a/', StartAfter: 'a/0' },
    { Bucket: 'b', Prefix: 'a/', ContinuationToken: 'more' },
  ])
})

test('every version and delete marker is listed, over pages that end within a key', async () => {
  const { asked, client } = answering(
    {
      Versions: [{ Key: 'a/1', VersionId: 'v2', Size: 5, LastModified: at }],
      ...{ IsTruncated: true, NextKeyMarker: 'a/1', NextVersionIdMarker: 'v2' },
    },
    {
      Versions: [{ Key: 'a/1', VersionId: 'v1', Size: 4, LastModified: at }],
      DeleteMarkers: [{ Key: 'a/2', VersionId: 'm1', LastModified: at }],
    },
  )
  const found = await listVersions(client, 'b', 'a/')
  assert.deepEqual(
    found.map(({ key, version, size }) => [key, version, size]),
    [
      ['a/1', 'v2', 5],
      ['a/1', 'v1', 4],
      ['a/2', 'm1', 0],
    ],
  )
  assert.deepEqual(asked[1], { Bucket: 'b', Prefix: 'a/', KeyMarker: 'a/1', VersionIdMarker: 'v2' })
})

test('versions are removed a thousand at a time, and one that S3 keeps is named', async () => {
  const versions = Array.from({ length: 1_001 }, (_, n) => ({ key: `a/${n}`, version: 'v1' }))
  const whole = answering({}, {})
  await deleteVersions(whole.client, 'b', versions)
  const sizes = whole.asked.map(({ Delete }) => (Delete as { Objects: object[] }).Objects.length)
  assert.deepEqual(sizes, [1_000, 1])
  const partly = answering({ Errors: [{ Key: 'a/7', Code: 'AccessDenied', Message: 'no' }] })
  await assert.rejects(deleteVersions(partly.client, 'b', versions.slice(0, 9)), {
    code: 'AWS_DENIED',
    message: /removing 9 objects of s3:\/\/b, first for a\/7: AccessDenied no/,
  })
  await deleteVersions(answering().client, 'b', [])
})
