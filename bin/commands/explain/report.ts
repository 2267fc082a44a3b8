import type { ExplainedRoute, ExplainedSource } from '../../../core/publish/explain.ts'
import { table } from '../../../local/table.ts'

/** One listener's explanation, from the route down to the tasks. */
export function describeRoute(route: ExplainedRoute): string {
  const { port, protocol, place, at, why, action, upstream, sources } = route
  const head = `port ${port} (${protocol})`
  if (place === null) return `${head}\n  no route: ${why}`
  const lines = [
    `  route     ${place} (${at})`,
    `  because   ${why}`,
    `  answer    ${action}`,
    ...(upstream === null ? [] : [`  upstream  ${upstream.name}, ${upstream.method}${answering(sources)}`]),
  ]
  return [head, ...lines, ...sources.map(describeSource)].join('\n')
}

/** Only members with a share and a server can answer. */
function answering(sources: readonly ExplainedSource[]): string {
  const isTaking = ({ share, servers }: ExplainedSource) =>
    share > 0 && servers.some(({ standing }) => standing !== 'out')
  return sources.some(isTaking) ? '' : ', without a server: it answers 503'
}

function describeSource({ source, share, labels, goneSince, servers }: ExplainedSource): string {
  const stated = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  const gone = goneSince === null ? '' : `, no instance in the catalog since ${goneSince}`
  const none = share === 0 ? ': none of its servers takes a request' : ''
  const head = `  service   ${source}, share ${share}${none}${gone}`
  const says = stated.length === 0 ? [] : [`            ${stated.join(' ')}`]
  if (servers.length === 0) return [head, ...says, '            no server'].join('\n')
  const rows = servers.map(({ standing, server, task, instance, why }) => {
    return [`    ${standing}`, server, why, task ?? instance ?? '']
  })
  return [head, ...says, '', table(['', 'server', 'why', 'task'], rows)].join('\n')
}
