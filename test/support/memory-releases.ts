import { generateKeyPairSync, sign } from 'node:crypto'
import { createLocalSigner } from '../../adapters/signer.ts'
import { canonicalJson, sha256 } from '../../core/canonical.ts'
import { type Pin, signedText } from '../../core/release/channel.ts'
import { parsePointer } from '../../core/release/parse-pointer.ts'
import type { ChannelDeps, ReleaseStore } from '../../functions/publish/channel.ts'

const keys = generateKeyPairSync('ed25519')
const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const signer = createLocalSigner(privateKey)
const signOf = (text: string) => sign(null, Buffer.from(text), keys.privateKey).toString('base64')

/** A bucket in memory, and everything that publishing in it needs. Throws for what was never stored. */
export function memoryReleases(now: () => number): ChannelDeps & { readonly pin: (pin: Pin | null) => void } {
  const stored = new Map<string, string>()
  let pointer: string | null = null
  let version = 0
  const read = async (id: string) => {
    const found = stored.get(id)
    if (found === undefined) throw new Error(`${id} was never stored`)
    return found
  }
  const replace = (content: string) => {
    pointer = content
    version += 1
    return String(version)
  }
  const releases: ReleaseStore = {
    readPointer: async () => (pointer === null ? null : { content: pointer, etag: String(version) }),
    putPointer: async (_channel, content) => replace(content),
    readBlob: read,
    putBlob: async (content) => void stored.set(sha256(content), content),
    readLayout: read,
    putLayout: async (id, content) => void stored.set(id, content),
    putPublication: async () => {},
  }
  return {
    releases,
    signer,
    identity: { deployment: 'd', channel: 'current', lifeMs: 86_400_000 },
    now,
    pin: (pin) => {
      if (pointer === null) return
      const signed = parsePointer(pointer)
      const pinned = { ...signed.pointer, pin }
      const signature = { key: signer.keyId, value: signOf(signedText(pinned)) }
      replace(canonicalJson({ pointer: pinned, signature }))
    },
  }
}
