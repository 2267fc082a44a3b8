import { relative } from 'node:path'
import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { settingsFile } from '../core/settings/environment.ts'

/**
 * An ES module has no `require`, and undici and Handlebars call it for Node's own modules when they are loaded; without this
 * line the function fails at its first import.
 */
export const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/**
 * How every function is bundled: one ES module with all its dependencies, the SDK too, so that what was tested is what runs.
 * No metafile: it would hold a temporary path, and the asset's hash would differ from machine to machine.
 */
export const functionBundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  banner: requireBanner,
  externalModules: [],
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  // Its summary marks every file above 1 MB as if something were wrong.
  logLevel: LogLevel.WARNING,
}

/** What lies beside a function's bundle, as data. */
export type Beside = {
  /**
   * A file of the function's settings, by its absolute path.
   *
   * @default - it is told nothing
   */
  readonly settings?: string
  /**
   * The nginx templates, with those of the operator's folder in a folder apart; what lies in its `built-in` takes the place of Quayside's
   * own.
   *
   * @default - no templates
   */
  readonly templates?: { readonly operator: string | null } | undefined
}

/** How a function is bundled with what lies beside it. Its hash is that of the result, so that a changed setting is a new version. */
export function bundlingBeside({ settings, templates }: Beside): BundlingOptions {
  return {
    ...functionBundling,
    commandHooks: {
      beforeBundling: () => [],
      beforeInstall: () => [],
      afterBundling: (inputDir, outputDir) => [
        ...withoutPlaces(inputDir, outputDir),
        ...(settings === undefined ? [] : copySettings(settings, outputDir)),
        ...(templates === undefined ? [] : copyOwn(inputDir, outputDir)),
        ...(templates?.operator ? copyOperators(templates.operator, outputDir) : []),
      ],
    },
  }
}

/**
 * Source maps name each source by its way from the bundle, which leads through folders of this machine where the assembly isn't in the
 * checkout; then they would differ, and with them the hash. They name it by its path in the checkout instead.
 */
function withoutPlaces(inputDir: string, outputDir: string): readonly string[] {
  const map = `${outputDir}/index.mjs.map`
  const way = `${relative(outputDir, inputDir)}/`.replaceAll(/[.#[\]\\*^$]/g, '\\$&')
  return [
    `sed ${quoted(`s#"${way}#"#g`)} ${quoted(map)} > ${quoted(`${map}.new`)}`,
    `mv ${quoted(`${map}.new`)} ${quoted(map)}`,
  ]
}

function copySettings(settings: string, outputDir: string): readonly string[] {
  return [`cp ${quoted(settings)} ${quoted(`${outputDir}/${settingsFile}`)}`]
}

function copyOwn(inputDir: string, outputDir: string): readonly string[] {
  return [`cp -R ${quoted(`${inputDir}/templates`)} ${quoted(`${outputDir}/templates`)}`]
}

function copyOperators(from: string, outputDir: string): readonly string[] {
  return [
    `mkdir -p ${quoted(`${outputDir}/operator`)}`,
    copyTemplates(from, `${outputDir}/operator/`),
    copyTemplates(`${from}/built-in`, `${outputDir}/templates/`),
  ]
}

/** A folder without templates, or none at all, is no failure; whether there should be some is asked before anything is bundled. */
function copyTemplates(from: string, to: string): string {
  const file = '"$file"'
  return `for file in ${quoted(from)}/*.hbs; do if [ -f ${file} ]; then cp ${file} ${quoted(to)}; fi; done`
}

/** One word for a POSIX shell, whatever characters the checkout's path has. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
