import type { NginxBuild } from './build.ts'
import type { Placed } from './config-tree.ts'
import type { Finding } from './finding.ts'

type Wanted = {
  readonly module: string
  /** The file of the dynamic module. */
  readonly file: string
  readonly level: Finding['level']
  readonly use: string
}

const wanted: readonly Wanted[] = [
  { module: 'http_ssl', file: 'ngx_http_ssl_module', level: 'stop', use: 'listeners with TLS' },
  { module: 'http_v2', file: 'ngx_http_v2_module', level: 'stop', use: 'listeners with TLS, and gRPC' },
  { module: 'stream', file: 'ngx_stream_module', level: 'look', use: 'TCP and UDP routes' },
  { module: 'stream_ssl', file: 'ngx_stream_ssl_module', level: 'note', use: 'TCP routes with TLS' },
  {
    module: 'http_realip',
    file: 'ngx_http_realip_module',
    level: 'note',
    use: "clients' addresses behind a load balancer (set_real_ip_from in the main configuration)",
  },
]

/** Modules that releases may need and that this nginx doesn't have, or has not loaded. */
export function moduleFindings(build: NginxBuild, config: readonly Placed[]): readonly Finding[] {
  return wanted
    .filter(({ module, file }) => !hasModule(build, config, module, file))
    .map(({ module, level, use }) =>
      build.moduleState(module) === 'dynamic'
        ? {
            level,
            what: `the dynamic module ${module} is not loaded; it is needed for ${use}`,
            todo: `Install its package (as libnginx-mod-${module.replace('_', '-')} or nginx-mod-${module.replace('_', '-')}) or name it in load_module, then run install again.`,
          }
        : {
            level,
            what: `this nginx was built without the module ${module}, which is needed for ${use}`,
            todo: 'Install an nginx that has it where you publish such routes.',
          },
    )
}

/** Whether servers of the stream context can be used. */
export function hasStream(build: NginxBuild, config: readonly Placed[]): boolean {
  return hasModule(build, config, 'stream', 'ngx_stream_module')
}

function hasModule(build: NginxBuild, config: readonly Placed[], module: string, file: string): boolean {
  if (build.moduleState(module) === 'built-in') return true
  // Parts of a dynamic module are in its file: stream_ssl is compiled into that of stream.
  return config.some(
    ({ directive: { name, args } }) =>
      name === 'load_module' && new RegExp(`(^|/)${file}\\.so$`).test(args[0] ?? ''),
  )
}
