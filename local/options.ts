import { parseArgs } from 'node:util'
import { QuaysideError } from '../core/errors.ts'

export type LocalOptions = {
  /** Null runs the pipeline for a person, with commands on stdin. */
  readonly script: 'demo' | null
  /** One JSON line on stdout at the end instead of prose. */
  readonly json: boolean
  /** How often each host's agent asks for a new release, in milliseconds. */
  readonly pollMs: number
  /** How long a task keeps serving after SIGTERM, in seconds. */
  readonly graceSeconds: number
  /** The first host's port; the others follow. 0 takes free ports. */
  readonly port: number
  /** Consul's HTTPS port, 0 for a free one. */
  readonly consulPort: number
  /** A Consul that runs already; null starts one. */
  readonly consulAddress: string | null
  /** The operator's folder of templates. */
  readonly templates: string | null
  /** Runs the functions as they would be deployed: the bundles of the synthesized stack, with its template's environment. */
  readonly bundles: boolean
}

export const usage = `Usage: npm start -- [options]

  --script demo           run the walk-through without a person, then stop
  --json                  end with one JSON line (with --script)
  --poll <duration>       how often each host asks for a release   (1s)
  --grace <seconds>       how long a task serves after SIGTERM     (5)
  --port <port>           the first host's port, 0 for free ones   (8080; 0 with --script)
  --consul-port <port>    Consul's HTTPS port, 0 for a free one    (0)
  --consul-address <url>  a Consul that runs already, instead of starting one
  --templates <dir>       a folder with templates of your own (docs/templates.md)
  --bundles               run the functions as they are deployed: bundled, in processes
                          of their own, with the environment of the template
  --help                  this text
`

const flags = {
  script: { type: 'string' },
  json: { type: 'boolean', default: false },
  poll: { type: 'string', default: '1s' },
  grace: { type: 'string', default: '5' },
  port: { type: 'string' },
  'consul-port': { type: 'string', default: '0' },
  'consul-address': { type: 'string' },
  templates: { type: 'string' },
  bundles: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/** Returns `help` when the usage is asked for; a wrong word or value is a SETTINGS_INVALID that names it. */
export function parseOptions(args: readonly string[]): LocalOptions | 'help' {
  const values = readFlags(args)
  if (values.help) return 'help'
  if (values.script !== undefined && values.script !== 'demo') throw wrong('script', values.script, 'demo')
  const script = values.script ?? null
  return {
    script,
    json: values.json,
    pollMs: duration('poll', values.poll),
    graceSeconds: whole('grace', values.grace, 3_600),
    port: whole('port', values.port ?? (script === null ? '8080' : '0'), 65_000),
    consulPort: whole('consul-port', values['consul-port'], 65_535),
    consulAddress: address(values['consul-address']),
    templates: values.templates ?? null,
    bundles: values.bundles,
  }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true }).values
  } catch (error) {
    throw new QuaysideError('SETTINGS_INVALID', `${(error as Error).message}\n\n${usage}`)
  }
}

function duration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text)
  const ms = match ? Number(match[1]) * (match[2] === 's' ? 1_000 : 1) : Number.NaN
  if (!(ms >= 20 && ms <= 600_000))
    throw wrong(flag, text, 'a duration from 20ms to 600s, such as 1s or 100ms')
  return ms
}

function whole(flag: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= most)) throw wrong(flag, text, `a whole number from 0 to ${most}`)
  return value
}

function address(text: string | undefined): string | null {
  if (text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw wrong('consul-address', text, 'like http://127.0.0.1:8500 or https://consul.example:8501')
  return url.origin
}

function wrong(flag: string, value: string, expected: string): QuaysideError {
  return new QuaysideError('SETTINGS_INVALID', `--${flag} must be ${expected} (got "${value}")`)
}
