import { entryMeta } from '../catalog/entry.ts'
import type { Instance } from './instance.ts'
import { isIgnoreWord, metaWords, portScopes, type Words } from './words.ts'

/** Words of the container that speak of ports which it doesn't have: somebody waits for an instance that never comes. */
export function strayScopes(
  words: Words,
  ports: readonly number[],
): readonly { readonly port: number; readonly problem: string }[] {
  const known = new Set(ports)
  const has = ports.length === 0 ? 'it has none' : `it has ${[...known].join(', ')}`
  return portScopes(words)
    .filter(({ name, port }) => !known.has(port) && !isIgnoreWord(name))
    .map(({ name, port }) => ({
      port,
      problem: `${name} speaks of port ${port}, which is no port of this container (${has}); the number is the container's port, not the host's`,
    }))
}

const own = new Set<string>(Object.values(entryMeta))

/** What is registered all the same, but not as its labels may have meant it. */
export function warningsOf(words: Words, containerPort: number, instance: Instance): readonly string[] {
  const claimed = Object.keys(metaWords(words, containerPort)).filter((key) => own.has(key))
  const ours = claimed.map(
    (key) => `the meta ${key} is Quayside's own; SERVICE_${key.toUpperCase()} is not heeded`,
  )
  const dns = /^[A-Za-z0-9-]+$/.test(instance.service)
    ? []
    : [
        `Consul's DNS can't answer for the service name ${JSON.stringify(instance.service)}; use letters, digits and "-" if somebody asks for it there`,
      ]
  return [...ours, ...dns]
}
