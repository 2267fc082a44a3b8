import { contextOf, type Placed, placeOf } from './config-tree.ts'
import type { Finding } from './finding.ts'
import type { HostFacts, OwnPlaces } from './survey.ts'

/** The directive of the main context with this name; the last one counts. */
export function mainDirective(config: readonly Placed[], name: string): Placed | undefined {
  return config.filter((one) => one.directive.name === name && contextOf(one) === '').at(-1)
}

/** What of nginx's process model matters to the agent. */
export function processFindings(facts: HostFacts, own: OwnPlaces): readonly Finding[] {
  return [
    ...pid(facts, own),
    ...otherConf(facts, own),
    ...(mainDirective(facts.config, 'worker_shutdown_timeout') === undefined ? [noShutdownTimeout] : []),
    ...facts.config.filter(({ directive }) => isMasterOff(directive)).map(masterOff),
    ...facts.config.filter(({ directive }) => isUnixListen(directive)).map(unixListen),
    ...user(facts),
    ...facts.confinement.map(confined),
  ]
}

function pid({ config, build }: HostFacts, { pidFile }: OwnPlaces): readonly Finding[] {
  const one = mainDirective(config, 'pid')
  const stated = one?.directive.args[0] ?? build.pidPath
  // /var/run has been a link to /run for a decade, and both are written.
  const same = (path: string) => path.replace(/^\/var\/run\//, '/run/')
  const actual = stated.startsWith('/') ? stated : `${build.prefix}/${stated}`
  if (same(actual) === same(pidFile)) return []
  return [
    {
      level: 'stop',
      what: `nginx writes its pid to ${actual}${one === undefined ? '' : ` (${placeOf(one)})`}, and the agent's settings name ${pidFile}`,
      todo: `Set "nginxPid" to ${actual}: without it the agent doesn't find nginx.`,
    },
  ]
}

/** A master that was started with -c reads another file, whatever stands in this one. */
function otherConf({ masterTitle }: HostFacts, { mainConf }: OwnPlaces): readonly Finding[] {
  const started = / -c (\/\S+)/.exec(masterTitle ?? '')?.[1]
  if (started === undefined || started === mainConf) return []
  return [
    {
      level: 'stop',
      what: `the running nginx was started with ${started}, and the agent's settings name ${mainConf}`,
      todo: `Set "nginxConf" to ${started}, or name that nginx's pid file where several run.`,
    },
  ]
}

const noShutdownTimeout: Finding = {
  level: 'look',
  what: 'worker_shutdown_timeout is not set: after a reload an old worker stays as long as its longest connection',
  todo: 'Add "worker_shutdown_timeout 60s;" (or what your longest downloads and WebSockets may take) at the top of the main configuration.',
}

function isMasterOff({ name, args }: Placed['directive']): boolean {
  return name === 'master_process' && args[0] === 'off'
}

function masterOff(one: Placed): Finding {
  return {
    level: 'stop',
    what: `"master_process off" at ${placeOf(one)}: such an nginx can't reload`,
    todo: 'Remove the line.',
  }
}

function isUnixListen({ name, args }: Placed['directive']): boolean {
  return name === 'listen' && (args[0] ?? '').startsWith('unix:')
}

function unixListen(one: Placed): Finding {
  return {
    level: 'note',
    what: `a unix socket is listened on at ${placeOf(one)}: an nginx that was killed leaves its file behind and then doesn't start`,
    todo: 'Listen on a loopback port instead if you can.',
  }
}

function user({ agentUser: { name, exists } }: HostFacts): readonly Finding[] {
  if (exists) return []
  return [
    {
      level: 'look',
      what: `there is no user "${name}", as whom the agent is to run`,
      todo: `Create it: useradd --system --user-group --no-create-home --shell /usr/sbin/nologin ${name}`,
    },
  ]
}

function confined(system: 'SELinux' | 'AppArmor'): Finding {
  if (system === 'AppArmor')
    return {
      level: 'look',
      what: 'AppArmor confines nginx on this host',
      todo: "Allow its profile to read the agent's state directory, and to listen and connect on the ports of your releases.",
    }
  return {
    level: 'look',
    what: 'SELinux is enforcing on this host',
    todo: 'Label the state directory httpd_config_t (semanage fcontext, restorecon), the ports http_port_t (semanage port), and set the boolean httpd_can_network_connect.',
  }
}
