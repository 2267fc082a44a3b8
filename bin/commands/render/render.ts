import { existsSync, writeFileSync } from 'node:fs'
import { readTemplates } from '../../../adapters/templates.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { defaultPublishSettings } from '../../../core/settings/defaults.ts'
import { needText } from '../../../core/template/need.ts'
import { originText } from '../../../core/template/origin.ts'
import { type RenderedTemplate, renderOperatorTemplate } from '../../../core/template/render.ts'
import { catalogData } from '../../../core/template/snapshot.ts'
import { readConfigFile } from '../../../lib/config-file.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { readFlags } from '../flags.ts'
import { UsageError } from '../usage-error.ts'
import { mainFile, type RenderSettings, renderBuiltIn } from './built-in.ts'
import { folderUrl, readCatalogFile, readOperatorTemplate, writeFiles } from './files.ts'
import { help } from './help.ts'
import { type JudgedCatalog, judgeCatalog } from './judge-catalog.ts'

const noConfig = { publish: defaultPublishSettings, deployment: null }
const ownConfig = 'quayside.config.json'
const ownTemplates = new URL('../../../templates/', import.meta.url)

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const flags = readFlags(args, {
    snapshot: 'text',
    template: 'text',
    needs: 'switch',
    out: 'text',
    config: 'text',
    templates: 'text',
  })
  const { snapshot, template, out } = flags
  if (snapshot === null) throw new UsageError('--snapshot is needed: a file with the catalog in JSON.')
  if (template === null && flags.needs) throw new UsageError('--needs goes with --template.')
  if (template !== null && flags.templates !== null)
    throw new UsageError('--templates and --template exclude one another.')
  const settings = settingsOf(flags.config)
  const judged = judgeCatalog(readCatalogFile(snapshot), settings.publish.networks)
  for (const problem of judged.problems) terminal.err(`Note: ${problem}`)
  if (template === null) {
    const templates = flags.templates === null ? ownTemplates : folderUrl(flags.templates)
    return all(judged, settings, templates, out, terminal)
  }
  const rendered = renderOperatorTemplate(readOperatorTemplate(template), catalogData(judged.catalog))
  for (const { origin, why } of rendered.leftOut)
    terminal.err(`Note: ${originText(origin)} is left out: ${why}`)
  if (!flags.needs) return one(template, rendered, out, terminal)
  for (const need of rendered.needs) terminal.out(needText(need))
  return 0
}

function one(template: string, rendered: RenderedTemplate, out: string | null, terminal: Terminal): ExitCode {
  if (rendered.content === null) {
    const reasons = rendered.waiting.map(({ need, why }) => `\n  - ${needText(need)}: ${why}`)
    throw new QuaysideError(
      'TEMPLATE_FAILED',
      `${template} waits, and writes nothing until then:${reasons.join('')}`,
    )
  }
  if (out === null) terminal.out(rendered.content)
  else writeFileSync(out, rendered.content)
  return 0
}

function all(
  judged: JudgedCatalog,
  settings: RenderSettings,
  templates: URL,
  out: string | null,
  terminal: Terminal,
): ExitCode {
  const { files, problems } = renderBuiltIn(judged, settings, readTemplates(templates))
  for (const problem of problems) terminal.err(`Note: ${problem}`)
  if (out !== null) {
    const written = [...files, mainFile(files)]
    writeFiles(out, written)
    for (const { path } of written) terminal.out(`${out}/${path}`)
    return 0
  }
  for (const { path, context, content } of files) terminal.out(`# ${path}, in ${context}\n${content}`)
  return 0
}

function settingsOf(asked: string | null): RenderSettings {
  if (asked !== null) return readConfigFile(asked)
  return existsSync(ownConfig) ? readConfigFile(ownConfig) : noConfig
}

export const render: Command = {
  name: 'render',
  summary: 'render nginx configuration from a file, offline',
  help,
  run,
}
