import { unifiedDiff } from '../../../core/publish/line-diff.ts'
import { isChange, type ServicePlan } from '../../../core/publish/plan-diff.ts'
import type { MadePlan } from './make-plan.ts'

const short = (id: string | undefined) => id?.slice(0, 12) ?? 'none'

export function describePlan({ channel, composed, newest, services }: MadePlan): string {
  const { pointer } = channel
  const head =
    pointer === null
      ? 'nothing was published yet; this would be the first release'
      : `in force: generation ${pointer.generation}, layout ${short(pointer.layout.sha256)}`
  const layout = composed?.layout.ref.sha256
  const next = layout === pointer?.layout.sha256 ? 'the same layout' : `layout ${short(layout)}`
  const planned = composed === null ? 'planned: nothing' : `planned: ${next}`
  const pin = pointer?.pin ?? null
  const pinned =
    pin === null
      ? []
      : [
          `pinned to ${short(pin.layout)}${pin.frozen ? ', addresses too' : ''} (${pin.reason}); without the pin: layout ${short(newest?.ref.sha256)}`,
        ]
  const { promoted } = pointer ?? {}
  const kept =
    promoted === undefined
      ? []
      : [
          `keeps the promoted layout ${short(promoted.layout)}; channel ${promoted.from} gets layout ${short(newest?.ref.sha256)}: plan --channel ${promoted.from} shows how it differs`,
        ]
  const changed = services.filter(isChange).length
  const end = changed === 0 ? 'No change.' : `To change: ${changed}.`
  return [[head, planned, ...pinned, ...kept].join('\n'), ...services.map(describeService), end].join('\n\n')
}

export function describeService({ service, reasons, ...one }: ServicePlan): string {
  const { routes, joined, left, held, problems } = one
  return [
    `${service === '' ? '(no service)' : service}${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`,
    ...routes.removed.map((place) => `  - route ${place}`),
    ...routes.added.map((place) => `  + route ${place}`),
    ...routes.changed.flatMap(({ place, removed, added }) => [
      `  ~ route ${place}`,
      ...removed.map((word) => `      - ${word}`),
      ...added.map((word) => `      + ${word}`),
    ]),
    ...left.map(({ server, why }) => `  - ${server}: ${why}`),
    ...joined.map((server) => `  + ${server}`),
    ...held.map(({ server, why }) => `  = ${server} is held: ${why}`),
    ...problems.map((problem) => `  ! ${problem}`),
  ].join('\n')
}

/** Unified diffs of the files, and of what the two would be without one another. */
export function describeFiles({ files: { before, after } }: MadePlan): string {
  const paths = [...new Set([...before, ...after].map(({ path }) => path))].sort()
  const textIn = (files: typeof before, path: string) => files.find((file) => file.path === path)?.content
  const diffs = paths.map((path) => unifiedDiff(path, textIn(before, path) ?? '', textIn(after, path) ?? ''))
  return diffs.filter((diff) => diff !== '').join('\n')
}

export function planRecord({ channel, composed, newest, services }: MadePlan) {
  const { pointer } = channel
  return {
    inForce:
      pointer === null
        ? null
        : { generation: pointer.generation, layout: pointer.layout.sha256, pin: pointer.pin },
    planned: composed === null ? null : { layout: composed.layout.ref.sha256, empty: composed.empty },
    newest: newest?.ref.sha256 ?? null,
    changes: services.some(isChange),
    services,
  }
}
