import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash, type Signable, signRequest } from '../../agent/sigv4.ts'

/** The examples of the AWS documentation ("Signature calculations for the Authorization header", Amazon S3). */
const example = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const scope = { region: 'us-east-1', service: 's3', now: new Date('2013-05-24T00:00:00Z') }
const at = 'https://examplebucket.s3.amazonaws.com'
const empty = { 'x-amz-content-sha256': hash('') }
const body = 'Welcome to Amazon S3.'

const documented: [string, Signable, string][] = [
  [
    'GET of an object with a range',
    { method: 'GET', url: new URL(`${at}/test.txt`), headers: { Range: 'bytes=0-9', ...empty }, body: '' },
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  ],
  [
    'PUT of an object with an escaped name',
    {
      method: 'PUT',
      url: new URL(`${at}/test%24file.text`),
      headers: {
        Date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': hash(body),
      },
      body,
    },
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  ],
  [
    'GET with a query without value',
    { method: 'GET', url: new URL(`${at}/?lifecycle`), headers: empty, body: '' },
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  ],
  [
    'GET with several queries',
    { method: 'GET', url: new URL(`${at}/?prefix=J&max-keys=2`), headers: empty, body: '' },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
]
for (const [name, request, signature] of documented) {
  test(`${name} is signed as AWS documents it`, () => {
    const { authorization } = signRequest(request, example, scope)
    assert.equal(/Signature=(.*)$/.exec(authorization ?? '')?.[1], signature)
  })
}

test('the plain request of the SigV4 test suite is signed as it says', () => {
  const suite = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  const request = { method: 'GET', url: new URL('https://example.amazonaws.com/'), headers: {}, body: '' }
  const now = new Date('2015-08-30T12:36:00Z')
  const { authorization } = signRequest(request, suite, { region: 'us-east-1', service: 'service', now })
  assert.match(authorization ?? '', /5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31$/)
})

test('a session token is sent and signed', () => {
  const request = { method: 'GET', url: new URL(at), headers: empty, body: '' }
  const headers = signRequest(request, { ...example, sessionToken: 'token' }, scope)
  assert.equal(headers['x-amz-security-token'], 'token')
  assert.match(
    headers.authorization ?? '',
    /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,/,
  )
})
