import {
  type Composed,
  compose,
  partsOnce,
  type RenderUpstreams,
  type StoredLayout,
} from '../../core/publish/compose.ts'
import type { Look } from '../../core/publish/look.ts'
import type { RouteMemory } from '../../core/route/memory.ts'
import type { OperatorFile } from '../../core/template/operator-files.ts'
import type { Channel } from './channel.ts'
import type { OperatorPlan } from './operator-plan.ts'

/** What came of today's catalog, whatever a channel makes of it; `stored` is null where no layout can be made. */
export type Built = {
  readonly stored: StoredLayout | null
  readonly files: readonly string[]
  readonly operatorFiles: readonly OperatorFile[]
  readonly memory: RouteMemory
  readonly problems: readonly string[]
}

/** Composes what a channel shall hold; the same parts give the same object. */
export function createComposer(renderUpstreams: RenderUpstreams) {
  let last: { readonly parts: readonly unknown[]; readonly composed: Composed } | null = null

  return (
    channel: Channel,
    built: Built,
    { servers }: Pick<Look, 'servers'>,
    operator: OperatorPlan,
  ): Composed | null => {
    if (channel.pointer?.pin?.frozen === true) return null
    const chosen = choose(channel, built, operator)
    if (chosen === null) return null
    const { layout, files, operatorFiles } = chosen
    const changed = channel.layout !== null && channel.layout.ref.sha256 !== layout.ref.sha256
    const previous = changed ? channel.layout : channel.previousLayout
    const parts = [layout, previous, files, servers, operatorFiles]
    const isSame = last?.parts.every((part, at) => part === parts[at]) === true
    const composed =
      last !== null && isSame
        ? last.composed
        : compose(layout, files, previous, servers, renderUpstreams, operatorFiles)
    last = { parts, composed }
    return composed
  }
}

type Chosen = {
  readonly layout: StoredLayout
  readonly files: readonly string[]
  readonly operatorFiles: readonly OperatorFile[]
}

/**
 * The layout that was pinned or promoted, else the new one, else the one in force. One whose files can't all be rendered yet, as after a pin, waits, and
 * endpoints go on following the catalog in the layout in force.
 */
function choose(channel: Channel, built: Built, operator: OperatorPlan): Chosen | null {
  const { stored, files, operatorFiles } = built
  const first: Chosen | null =
    channel.pinned !== null
      ? { layout: channel.pinned, files: noTexts, operatorFiles: operator.kept('pinnedFiles') }
      : stored && { layout: stored, files, operatorFiles }
  if (first !== null && partsOnce(first.operatorFiles).isComplete) return first
  if (channel.layout === null) return null
  const inForce = operator.kept('operatorFiles')
  return partsOnce(inForce).isComplete
    ? { layout: channel.layout, files: noTexts, operatorFiles: inForce }
    : null
}

const noTexts: readonly string[] = []
