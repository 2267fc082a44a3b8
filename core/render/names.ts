import { digestOf } from '../canonical.ts'

/** Every name we give to something in nginx begins with this, so that ours and the operator's never meet. */
export const namePrefix = 'quayside_'

/**
 * `quayside_<slug>_<digest>`: readable, of safe characters, and different whenever the identity is. Its length keeps the
 * variables made from it within one bucket (64 bytes) of nginx's hash of variables.
 */
export function nameFor(text: string, identity: unknown): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 20)
    .replace(/^_|_$/g, '')
  return `${namePrefix}${slug || 'x'}_${digestOf(identity).slice(0, 10)}`
}

export function isOurName(text: string): boolean {
  return /^quayside_[A-Za-z0-9_]{1,80}$/.test(text)
}

/** Zones of both contexts share one name space; the same name with another owner is an error in nginx. */
export function zoneName({
  name,
  context,
}: {
  readonly name: string
  readonly context: 'http' | 'stream'
}): string {
  return context === 'http' ? name : `${name}_stream`
}

/** Names, without `$`: what the hash of a sticky upstream looks at, and the header that gives a client its cookie. */
export function stickyVariables(upstream: string): { readonly key: string; readonly cookie: string } {
  const rest = upstream.slice(namePrefix.length)
  return { key: `${namePrefix}key_${rest}`, cookie: `${namePrefix}set_${rest}` }
}

/** Name, without `$`, of the variable that is 1 while the upstream has no server. */
export function emptyVariable(upstream: string): string {
  return `${namePrefix}empty_${upstream.slice(namePrefix.length)}`
}
