export type Right = 'write' | 'read' | 'none'

/**
 * What the client's token may do; `unknown` is a token that Consul doesn't know (any more). A read without rights isn't refused
 * where it lists things: it is answered as if nothing were there.
 */
export type Rights = { readonly keys: Right; readonly services: Right; readonly nodes: Right } | 'unknown'

export const allRights: Rights = { keys: 'write', services: 'write', nodes: 'write' }
export const noRights: Rights = { keys: 'none', services: 'none', nodes: 'none' }

type Kind = 'keys' | 'services' | 'nodes'

export function mayRead(rights: Rights, kind: Kind): boolean {
  return rights !== 'unknown' && rights[kind] !== 'none'
}

export function mayWrite(rights: Rights, kind: Kind): boolean {
  return rights !== 'unknown' && rights[kind] === 'write'
}
