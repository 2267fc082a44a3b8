import { digestOf } from '../canonical.ts'
import type { Pointer, Ref, VolatileRef } from '../release/channel.ts'
import type { Layout } from '../release/layout.ts'
import { type BadMark, blockedBy } from './bad-marks.ts'
import type { HostState, Installed } from './host-state.ts'

/** A layout with endpoints that this host shall try next. */
export type Target = {
  readonly layout: Ref
  readonly endpoints: Ref
  readonly volatile: readonly VolatileRef[]
  readonly generation: number
  /** `offered` is what the channel says; the others are what remains while its layout is known to be bad here. */
  readonly why: 'offered' | 'confirmed layout' | 'previous layout'
}

export type Choice = {
  /** Null: nothing may be tried now. */
  readonly target: Target | null
  /** Why the offered content isn't the target. */
  readonly blocked: BadMark | null
}

type Known = Pick<HostState, 'confirmed' | 'bad'>

/**
 * Settings rot slowly and addresses in seconds, so a bad layout never stops new endpoints: they go to the last confirmed layout, or
 * to the channel's previous one on a host that never confirmed any. Endpoints that failed on a confirmed layout wait like a layout.
 */
export function chooseTarget(pointer: Pointer, state: Known, host: string, now: number): Choice {
  const blocked = (id: string) => blockedBy(state.bad, id, host, now) ?? null
  const badEndpoints = blocked(addressesId(pointer))
  if (badEndpoints !== null) return { target: null, blocked: badEndpoints }
  const badLayout = blocked(pointer.layout.sha256)
  if (badLayout === null) return { target: offered(pointer), blocked: null }
  return { target: fallback(pointer, state.confirmed, blocked), blocked: badLayout }
}

/** Whether the host already runs exactly this content, whatever its generation. */
export function isInstalled(target: Target, installed: Installed | null): boolean {
  return installed !== null && contentOf(target) === contentOf(installed)
}

/** Whether two targets are made of the same, whatever their generation. */
export function isSameTarget(a: Target, b: Target): boolean {
  return JSON.stringify({ ...a, generation: 0 }) === JSON.stringify({ ...b, generation: 0 })
}

/** What to remember as bad when a target fails: its addresses only where the layout is known to work on this host. */
export function culprit(target: Target, confirmed: Installed | null): string {
  return target.layout.sha256 === confirmed?.layout.sha256 ? addressesId(target) : target.layout.sha256
}

/** Names all that follows the catalog under one layout: endpoints, and the files that operators' templates make of them. */
export function addressesId({ endpoints, volatile }: Pick<Target, 'endpoints' | 'volatile'>): string {
  if (volatile.length === 0) return endpoints.sha256
  return digestOf([endpoints.sha256, ...volatile.map(({ path, sha256 }) => [path, sha256])])
}

/** The volatile files of `layout` that `available` has bytes for; null where one is missing. */
export function volatileFor(
  layout: Layout,
  available: readonly VolatileRef[],
): readonly VolatileRef[] | null {
  const found = layout.volatile.map(({ path }) => available.find((file) => file.path === path))
  return found.every((file) => file !== undefined) ? found : null
}

function offered(pointer: Pointer): Target {
  const { layout, endpoints, volatile, generation } = pointer
  return { layout, endpoints, volatile, generation, why: 'offered' }
}

function fallback(
  pointer: Pointer,
  confirmed: Installed | null,
  blocked: (id: string) => BadMark | null,
): Target | null {
  const { endpoints, generation, previousLayout } = pointer
  if (confirmed !== null) {
    // A confirmed layout that is marked bad now can only be the offered one, under which the host already runs.
    if (confirmed.layout.sha256 === pointer.layout.sha256) return null
    const { layout, volatile } = confirmed
    // Its volatile files are not the pointer's, so what failed with them has another name than what is offered.
    if (blocked(addressesId({ endpoints, volatile })) !== null) return null
    return { layout, endpoints, volatile, generation, why: 'confirmed layout' }
  }
  if (previousLayout === null || blocked(previousLayout.sha256) !== null) return null
  return { layout: previousLayout, endpoints, volatile: pointer.volatile, generation, why: 'previous layout' }
}

function contentOf({
  layout,
  endpoints,
  volatile,
}: Pick<Target, 'layout' | 'endpoints' | 'volatile'>): string {
  return JSON.stringify([layout.sha256, endpoints.sha256, volatile.map(({ path, sha256 }) => [path, sha256])])
}
