import type { Pipeline } from '../pipeline.ts'
import { help } from './commands.ts'

/** Where to look, and what can be typed if anything can: the first thing that a newcomer reads. */
export function describePlaces({ hosts, consul, access }: Pipeline, withHelp: boolean): string {
  const release = hosts.map(({ agent }) => agent.status().state?.confirmed?.releaseId.slice(0, 12) ?? '-')
  const ui = consul?.httpUrl ?? access.addresses[0] ?? ''
  return [
    '',
    ...hosts.map(({ name, url, nginxVersion }) => `  nginx on ${name}   ${url}   (nginx ${nginxVersion})`),
    `  Consul            ${ui}/ui`,
    `  release in force  ${[...new Set(release)].join(', ')}`,
    '',
    ...(withHelp ? [help, ''] : []),
  ].join('\n')
}
