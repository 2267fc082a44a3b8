import type { Layout } from '../../core/release/layout.ts'
import { createPieceMemo } from '../../core/render/check-pieces.ts'
import { renderLayout } from '../../core/render/layout.ts'
import type { Templates } from '../../core/render/templates.ts'
import { buildModel, type ModelInput } from '../../core/route/build-model.ts'
import { createRouteMemo } from '../../core/route/memo.ts'
import type { Model } from '../../core/route/model.ts'
import { explainProblem } from '../../core/route/problem.ts'
import type { PublishSettings } from '../../core/settings/settings.ts'
import type { BuildLayout } from './plan.ts'

/** Routes and renders with the operator's settings and templates; a layout that doesn't change is the same object as before. */
export function layoutBuilder(
  settings: PublishSettings,
  place: Pick<ModelInput, 'datacenter' | 'deployment'>,
  templates: Templates,
): BuildLayout {
  const memo = createRouteMemo()
  const pieces = createPieceMemo()
  let last: { readonly model: Model; readonly layout: Layout; readonly files: readonly string[] } | null =
    null

  function render(model: Model) {
    if (last?.model === model) return last
    const { layout, files } = renderLayout(model, templates, pieces)
    last = { model, layout, files: files.map(({ content }) => content) }
    return last
  }

  return (input) => {
    const { model, memory, problems } = buildModel({ ...input, ...place, settings }, memo)
    const { layout, files } = render(model)
    return {
      layout,
      files,
      servers: model,
      memory,
      problems: problems.map(explainProblem),
    }
  }
}
