import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { defaultPublishSettings } from '../../core/settings/defaults.ts'
import { settingsFile, settingsText } from '../../core/settings/environment.ts'
import { functionBundling, requireBanner } from '../../lib/bundling.ts'
import { localSettings } from '../../local/settings.ts'

export type Bundle = {
  readonly file: string
  readonly bytes: number
  /** Of these, what isn't of a library. */
  readonly ownBytes: number
}

const root = join(import.meta.dirname, '..', '..')

/** The function bundled as it is deployed, with its settings and templates beside it. */
export async function bundleFunction(
  name: string,
  folder: string,
): Promise<Bundle & { sources: readonly string[] }> {
  const { metafile, ...bundle } = await bundleInto(join(root, 'functions', name, 'index.ts'), folder)
  const clusterArn = 'arn:aws:ecs:eu-central-1:210987654321:cluster/local'
  const place = { clusterArn, queueUrl: 'http://127.0.0.1:1/queue', signingKey: 'local', datacenter: 'dc1' }
  const stated = {
    publish: defaultPublishSettings,
    consulSecret: 'quayside/consul',
    reconcileCallsPerSecond: 4,
  }
  const settings = { ...localSettings(place), ...stated }
  writeFileSync(join(folder, settingsFile), settingsText(settings))
  cpSync(join(root, 'templates'), join(folder, 'templates'), { recursive: true })
  const own = Object.keys(metafile.inputs).filter((path) => !path.includes('node_modules/'))
  return { ...bundle, sources: own.map((path) => join(root, path)) }
}

/** A bundle of nothing but what these sources import from libraries, by the same names. */
export async function bundleClients(sources: readonly string[], folder: string): Promise<Bundle> {
  const lines = sources.flatMap((path) => importsOf(readFileSync(path, 'utf8')))
  const imports = lines.map(
    ({ names, from }, at) =>
      `import { ${names.map((name) => `${name} as i${at}_${name}`).join(', ')} } from '${from}'`,
  )
  const used = lines.flatMap(({ names }, at) => names.map((name) => `i${at}_${name}`))
  const entry = join(folder, 'entry.ts')
  writeFileSync(
    entry,
    `${imports.join('\n')}\nexport const handler = async () => [${used.join(', ')}].length\n`,
  )
  return bundleInto(entry, folder)
}

async function bundleInto(entry: string, folder: string): Promise<Bundle & { metafile: Metafile }> {
  const file = join(folder, 'index.mjs')
  const { metafile } = await build({
    ...{ entryPoints: [entry], outfile: file, bundle: true, metafile: true, absWorkingDir: root },
    ...{
      platform: 'node',
      format: 'esm',
      minify: true,
      logLevel: 'silent',
      nodePaths: [join(root, 'node_modules')],
    },
    ...{ target: functionBundling.target ?? 'node24', mainFields: [...(functionBundling.mainFields ?? [])] },
    banner: { js: requireBanner },
  })
  const [output] = Object.values(metafile.outputs)
  const parts = Object.entries(output?.inputs ?? {})
  const library = parts.filter(([path]) => path.includes('node_modules/'))
  const libraryBytes = library.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)
  const bytes = output?.bytes ?? 0
  return { file, bytes, ownBytes: bytes - libraryBytes, metafile }
}

/** What a source imports of libraries, types left out: they leave nothing behind. */
function importsOf(text: string): readonly { readonly names: readonly string[]; readonly from: string }[] {
  const found = text.matchAll(/^import (?:(\w+)|\{([^}]*)\}) from '([^.'][^']*)'/gms)
  return [...found].flatMap(([, whole, list = '', from = '']) => {
    if (from.startsWith('node:')) return []
    const named = list.split(',').map((name) => name.trim().split(' as ')[0] ?? '')
    const names =
      whole === undefined ? named.filter((name) => name !== '' && !name.startsWith('type ')) : ['default']
    return names.length === 0 ? [] : [{ names, from }]
  })
}
