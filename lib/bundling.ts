import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'

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
}

/**
 * The same, with the nginx templates beside the bundle as data, and the operator's own in a folder apart. What lies in `built-in` of the
 * latter takes the place of Quayside's own.
 */
export function bundlingWithTemplates(operator: string | null): BundlingOptions {
  const own = (outputDir: string) => (operator === null ? [] : copyOperators(operator, outputDir))
  return {
    ...functionBundling,
    commandHooks: {
      beforeBundling: () => [],
      beforeInstall: () => [],
      afterBundling: (inputDir, outputDir) => [
        `cp -R ${quoted(`${inputDir}/templates`)} ${quoted(`${outputDir}/templates`)}`,
        ...own(outputDir),
      ],
    },
  }
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
