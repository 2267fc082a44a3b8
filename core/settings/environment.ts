import { canonicalJson } from '../canonical.ts'
import { consulServers } from './config-consul.ts'
import { defaultCallsPerSecond } from './defaults.ts'
import {
  bucketName,
  callsPerSecond,
  clusters,
  datacenter,
  deploymentId,
  keyPrefix,
  secretId,
} from './fields.ts'
import { publishSettings } from './publish.ts'
import {
  hiddenText,
  invalid,
  object,
  optional,
  type Problems,
  type Reader,
  readAll,
  report,
  section,
} from './reader.ts'
import type { FunctionSettings } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What only CloudFormation knows, so that a function can find it in nothing but its environment. */
type Places = Pick<FunctionSettings, 'bucket' | 'queueUrl' | 'signingKey'>
type StatedSettings = Omit<FunctionSettings, keyof Places>

/** Names of the variables. */
const variables = {
  queueUrl: 'QUAYSIDE_QUEUE_URL',
  bucket: 'QUAYSIDE_BUCKET',
  signingKey: 'QUAYSIDE_SIGNING_KEY',
} as const satisfies Record<keyof Places, string>

/** A key and a URL are never shown in a problem: people paste the secret itself there, or a URL with a password. */
const places: { readonly [K in keyof Places]: Reader<Places[K]> } = {
  queueUrl: hiddenText('the http(s) URL of the register queue', /^https?:\/\/[A-Za-z0-9.:[\]-]+\/[^\s@?#]+$/),
  bucket: bucketName,
  signingKey: hiddenText('the id, ARN or alias of a KMS key', /^[A-Za-z0-9:/_.-]{1,2048}$/),
}

const stated = object<StatedSettings>({
  deployment: deploymentId,
  prefix: keyPrefix,
  datacenter,
  clusters,
  consulSecret: secretId,
  consulServers: section(consulServers),
  reconcileCallsPerSecond: optional(callsPerSecond, defaultCallsPerSecond),
  publish: section(publishSettings),
})

/** The file beside each function's bundle: what the operator said. Lambda's environment holds 4 KB, and routes may be thousands. */
export const settingsFile = 'settings.json'

/** The variables of a function. Values may be deploy-time references. */
export function functionEnvironment(settings: Places): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([key, name]) => [name, settings[key as keyof Places]]),
  )
}

/** The text of the file, of literal values only; with the variables above it gives the same settings again. */
export function settingsText(settings: FunctionSettings): string {
  const { queueUrl: _, bucket: __, signingKey: ___, ...own } = settings
  return canonicalJson(own)
}

/** Reads both, or throws one SETTINGS_INVALID error that names every variable and every member that is missing or wrong. */
export function parseFunctionSettings(env: Environment, file: string): FunctionSettings {
  return readAll<FunctionSettings>('The settings of this function are invalid', file, settingsFile, readBoth)

  function readBoth(text: unknown, at: string, problems: Problems): FunctionSettings | typeof invalid {
    const own = readText(text, at, problems)
    const found = Object.entries(variables).map(([key, name]) => [
      key,
      places[key as keyof Places](env[name], name, problems),
    ])
    return own === invalid || problems.length > 0
      ? invalid
      : { ...own, ...(Object.fromEntries(found) as Places) }
  }
}

/** JSON.parse quotes the text in its message, so that message is not passed on. */
function readText(text: unknown, at: string, problems: Problems): StatedSettings | typeof invalid {
  try {
    return stated(JSON.parse(String(text)), at, problems)
  } catch {
    return report(problems, at, 'JSON text', `${String(text).length} characters that are not JSON`)
  }
}
