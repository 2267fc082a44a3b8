import { sha256 } from '../canonical.ts'
import type { Layout, NginxContext } from '../release/layout.ts'
import type { Model } from '../route/model.ts'
import { createPieceMemo, type PieceMemo } from './check-pieces.ts'
import { checkStructure } from './check-structure.ts'
import { renderTemplate, type Templates } from './templates.ts'
import { viewOf } from './view.ts'

export type RenderedFile = { readonly path: string; readonly context: NginxContext; readonly content: string }
export type RenderedLayout = { readonly layout: Layout; readonly files: readonly RenderedFile[] }

/** Changes whenever the same model and templates give other bytes. */
export const renderer = 'quayside-render/1'

const required: readonly string[] = ['base.http', 'servers.http', 'servers.stream']

/**
 * Renders all configuration except addresses, and checks that the text has the structure of the model. Directives of the main
 * context, `worker_shutdown_timeout` among them, are not part of it: these files are included below `http` and `stream`. A file without
 * any directive is left out. Throws `TEMPLATE_MISSING`, `TEMPLATE_FAILED` or `RENDER_REFUSED`.
 */
export function renderLayout(
  model: Model,
  templates: Templates,
  pieces: PieceMemo = createPieceMemo(),
): RenderedLayout {
  const view = viewOf(model)
  const names = [
    ...new Set([...required, ...Object.keys(templates).filter((name) => contextOf(name))]),
  ].sort()
  const files = names
    .map((name) => ({
      path: `${name}.conf`,
      context: contextOf(name) ?? 'http',
      content: renderTemplate(templates, name, view),
    }))
    .filter(({ content }) => saysAnything.test(content))
  checkStructure(files, model, pieces)
  const listed = files.map(({ path, context, content }) => ({
    path,
    context,
    sha256: sha256(content),
    size: Buffer.byteLength(content),
  }))
  const layout: Layout = { schema: 1, files: listed, upstreams: model.upstreams, volatile: [], renderer }
  return { layout, files }
}

/** A line that isn't empty or a comment. */
const saysAnything = /^[ \t]*[^\s#]/m

function contextOf(template: string): NginxContext | null {
  const [, context] = /^[a-z0-9][a-z0-9-]*\.(http|stream)$/.exec(template) ?? []
  return context === 'http' || context === 'stream' ? context : null
}
