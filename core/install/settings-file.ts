/** Members of the agent's settings, as they stand in its JSON file. */
export type Members = Readonly<Record<string, unknown>>

/** Without these an agent doesn't start; they come first in the file, empty where nobody said them. */
const required = ['bucket', 'region', 'deployment', 'publicKeyFiles'] as const

/** A settings file with what is known. Paths and ports that are the agent's own defaults are left out. */
export function settingsFile(members: Members): string {
  const first = required.map((name) => [name, members[name] ?? (name === 'publicKeyFiles' ? [] : '')])
  const rest = Object.entries(members).filter(
    ([name, value]) =>
      !required.some((one) => one === name) && value !== undefined && value !== defaults[name],
  )
  return `${JSON.stringify(Object.fromEntries([...first, ...rest]), null, 2)}\n`
}

/** Whether nobody has filled anything in yet that only an operator can know, as in a file that a package brought. */
export function isSkeleton(members: Members): boolean {
  return required.every((name) => isEmpty(members[name]))
}

/** Which required members have no value yet. */
export function missingMembers(members: Members): readonly string[] {
  const names = required.filter((name) => isEmpty(members[name]))
  return members.allowUnsigned === true ? names.filter((name) => name !== 'publicKeyFiles') : names
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

const defaults: Members = {
  stateDir: '/var/lib/quayside',
  nginxBinary: 'nginx',
  nginxConf: '/etc/nginx/nginx.conf',
  nginxPid: '/run/nginx.pid',
  nginxErrorLog: '/var/log/nginx/error.log',
  stream: false,
}
