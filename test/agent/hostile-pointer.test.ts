import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { type Pointer, signedText } from '../../core/release/channel.ts'
import { channelKey } from '../../core/release/keys.ts'
import { keyId } from '../../core/release/verify-pointer.ts'
import { startRunningHost } from '../support/clocked-host.ts'
import { bomb, type HostileHost, judge, recovers, startHostileHost } from '../support/hostile-host.ts'
import { refOf } from '../support/release.ts'

const stranger = generateKeyPairSync('ed25519')

test('whatever the channel object holds, nginx goes on and nothing is written elsewhere', async (t) => {
  const host = await startHostileHost(t)
  const raw = (body: string | Uint8Array) => () => host.channel.put(channelKey('current'), body)
  const signed = (over: Partial<Pointer>) => () => host.channel.putPointer({ ...host.next(), ...over })
  const text = (pointer: unknown, signature: unknown) => JSON.stringify({ pointer, signature })
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  await judge(host, [
    ['nothing', raw(' '), 'rejected', /not JSON/],
    ['half of it', raw('{"pointer":{"schema":1'), 'rejected', /not JSON/],
    ['no object', raw('[1]'), 'rejected', /expected an object/],
    ['bytes', raw(Buffer.from([0xff, 0xfe, 0, 1])), 'rejected', /not JSON/],
    ['no signature', () => raw(text(host.next(), undefined))(), 'rejected', /signature is undefined/],
    ['more than a pointer may have', raw('x'.repeat(300_000)), 'failed', /larger than/],
    ['a gzip bomb', raw(bomb), 'failed', /can't be unpacked into at most/],
    ['broken gzip', raw(bomb.subarray(0, 500)), 'failed', /can't be unpacked/],
    ['a deep nest', raw(`{"pointer":${deep},"signature":{}}`), 'rejected', /expected/],
    [
      'a deep nest in an unknown member',
      () => raw(text(host.next(), {}).replace('{"schema"', `{"x":${deep},"schema"`))(),
      'rejected',
      /signature|Maximum call stack/,
    ],
    [
      'a stranger’s signature',
      () => host.channel.putPointer(host.next(), stranger.privateKey),
      'rejected',
      /did not make/,
    ],
    ['an unknown key', () => putSignedBy(host, stranger), 'rejected', /is signed by key/],
    ['a changed pointer under a right signature', () => putChanged(host), 'rejected', /did not make/],
    ['another format', signed({ schema: 2 as 1 }), 'rejected', /schema 1; this version/],
    ['another channel', signed({ channel: 'canary' }), 'rejected', /channel canary/],
    ['another deployment', signed({ deployment: 'other' }), 'rejected', /deployment other/],
    [
      'a replay',
      () => host.channel.putPointer({ ...host.first.pointer, generation: 1 }),
      'rejected',
      /lower than/,
    ],
    [
      'other content of the same generation',
      () => host.channel.putPointer({ ...host.first.pointer, pin: null, created: '2020-01-01T00:00:00Z' }),
      'rejected',
      /other content/,
    ],
    [
      'a size beyond all measure',
      signed({ layout: { sha256: 'a'.repeat(64), size: 2 ** 40 } }),
      'rejected',
      /whole number from/,
    ],
    [
      'a path up',
      signed({ volatile: [{ ...refOf('x'), context: 'http', path: '../x.conf' }] }),
      'rejected',
      /relative path/,
    ],
  ])
  await recovers(host)
})

test('during a rotation pointers of both keys are taken, afterwards those of the new one only', async (t) => {
  const [old, next] = [stranger, generateKeyPairSync('ed25519')]
  const pem = (pair: typeof old) => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const host = await startRunningHost(t)
  const put = (generation: number, pair: typeof old) =>
    putSignedBy({ ...host, next: () => ({ ...host.first.pointer, generation }) }, pair)
  const { generation } = host.first.pointer
  const both = host.restartAgent({}, { publicKeys: [pem(old), pem(next)] })
  for (const [i, pair] of [old, next, old].entries()) {
    await put(generation + 1 + i, pair)
    assert.equal((await both.runCycle()).outcome, 'unchanged')
    assert.equal(both.status().state?.generation, generation + 1 + i)
  }
  const later = host.restartAgent({}, { publicKeys: [pem(next)] })
  await put(generation + 10, old)
  assert.match((await later.runCycle()).reason, /is signed by key/)
  await put(generation + 10, next)
  assert.equal((await later.runCycle()).outcome, 'unchanged')
})

async function putChanged(host: HostileHost): Promise<void> {
  const pointer = host.next()
  await host.channel.putPointer(pointer)
  const body = String(host.s3.objects(host.s3.bucket).get(channelKey('current')))
  await host.channel.put(channelKey('current'), body.replace(pointer.endpoints.sha256, 'b'.repeat(64)))
}

async function putSignedBy(
  host: Pick<HostileHost, 'channel' | 'next'>,
  pair: typeof stranger,
): Promise<void> {
  const pointer = host.next()
  const value = sign(null, Buffer.from(signedText(pointer)), pair.privateKey).toString('base64')
  const signature = { key: keyId(pair.publicKey), value }
  await host.channel.put(channelKey('current'), JSON.stringify({ pointer, signature }))
}
