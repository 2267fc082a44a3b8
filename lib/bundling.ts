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

/** The same, with the nginx templates beside the bundle as data. */
export const bundlingWithTemplates: BundlingOptions = {
  ...functionBundling,
  commandHooks: {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (inputDir, outputDir) => [copyFolder(`${inputDir}/templates`, `${outputDir}/templates`)],
  },
}

function copyFolder(from: string, to: string): string {
  return `cp -R ${quoted(from)} ${quoted(to)}`
}

/** One word for a POSIX shell, whatever characters the checkout's path has. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
