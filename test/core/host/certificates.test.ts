import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificatesId, isCertificateFault } from '../../../core/host/certificates.ts'

test('the content of certificate files has one name, in whatever order they come', () => {
  const [a, b] = [
    { path: '/a', digest: '1' },
    { path: '/b', digest: '2' },
  ]
  assert.equal(certificatesId([a, b]), certificatesId([b, a]))
  assert.notEqual(certificatesId([a, b]), certificatesId([a, { ...b, digest: '3' }]))
  assert.equal(certificatesId([]), null)
})

test('a refusal that names a certificate file is its fault while it is new or not what nginx runs', () => {
  const reason = 'nginx: [emerg] SSL_CTX_use_PrivateKey("/c/key.pem") failed (key values mismatch)'
  const set = { names: ['/c/cert.pem', '/c/key.pem'], changedMsAgo: 3_600_000, isLoaded: true }
  assert.equal(isCertificateFault(reason, [set]), false)
  assert.equal(isCertificateFault(reason, [{ ...set, changedMsAgo: 59_000 }]), true)
  assert.equal(isCertificateFault(reason, [{ ...set, isLoaded: false }]), true)
  assert.equal(isCertificateFault(reason, [{ ...set, names: ['/other'], isLoaded: false }]), false)
  assert.equal(isCertificateFault('unknown directive "x"', [{ ...set, isLoaded: false }]), false)
})
