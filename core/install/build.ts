import { parseNginxVersion } from '../host/nginx-version.ts'

/** Whether a module is compiled in, can be loaded, or neither. */
export type ModuleState = 'built-in' | 'dynamic' | 'none'

/** What an nginx was compiled with, from `nginx -V`. */
export type NginxBuild = {
  readonly version: string
  readonly prefix: string
  readonly confPath: string
  readonly pidPath: string
  readonly errorLogPath: string
  /** By the name of its option, as in `http_ssl` or `stream`. */
  moduleState(name: string): ModuleState
}

/** Null for text that isn't nginx's. Paths are absolute, or the word "stderr" for the error log. */
export function parseBuild(text: string): NginxBuild | null {
  const version = parseNginxVersion(text)
  if (version === null) return null
  const args = (/^configure arguments: (.*)$/m.exec(text)?.[1] ?? '').split(/\s+/)
  const option = (name: string, otherwise: string) =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise
  const prefix = option('prefix', '/usr/local/nginx')
  const path = (name: string, otherwise: string) => {
    const value = option(name, otherwise)
    return value.startsWith('/') || value === 'stderr' ? value : `${prefix}/${value}`
  }
  return {
    version: version.join('.'),
    prefix,
    confPath: path('conf-path', 'conf/nginx.conf'),
    pidPath: path('pid-path', 'logs/nginx.pid'),
    errorLogPath: path('error-log-path', 'logs/error.log'),
    moduleState: (name) => stateOf(args, name),
  }
}

/** Modules of a context have `_module` at the end of their option; the contexts themselves have not. */
function stateOf(args: readonly string[], name: string): ModuleState {
  const option = `--with-${name}${name.includes('_') ? '_module' : ''}`
  if (args.includes(option)) return 'built-in'
  return args.includes(`${option}=dynamic`) ? 'dynamic' : 'none'
}
