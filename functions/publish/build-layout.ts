import { renderLayout } from '../../core/render/layout.ts'
import type { Templates } from '../../core/render/templates.ts'
import { buildModel } from '../../core/route/build-model.ts'
import { explainProblem } from '../../core/route/problem.ts'
import type { PublishSettings } from '../../core/settings/settings.ts'
import type { BuildLayout } from './plan.ts'

/** Routes and renders with the operator's settings and templates. */
export function layoutBuilder(
  settings: PublishSettings,
  datacenter: string,
  templates: Templates,
): BuildLayout {
  return (input) => {
    const { model, memory, problems } = buildModel({ ...input, datacenter, settings })
    const { layout, files } = renderLayout(model, templates)
    return {
      layout,
      files: files.map(({ content }) => content),
      memory,
      problems: problems.map(explainProblem),
    }
  }
}
