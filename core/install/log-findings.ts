import { placeOf } from './config-tree.ts'
import type { Finding } from './finding.ts'
import { mainDirective } from './process-findings.ts'
import type { HostFacts, OwnPlaces } from './survey.ts'

/** nginx's levels from the one that logs most. */
const levels = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg']

/** A failed reload is known by the error log, so the agent must find everything from "error" up in it. */
export function logFindings(facts: HostFacts, { errorLog }: OwnPlaces): readonly Finding[] {
  const one = mainDirective(facts.config, 'error_log')
  const stated = one?.directive.args[0] ?? facts.build.errorLogPath
  const at = one === undefined ? 'by default' : `at ${placeOf(one)}`
  if (!isFile(stated))
    return [
      {
        level: 'stop',
        what: `nginx logs errors to "${stated}" ${at}, where the agent can't read them`,
        todo: `Write "error_log ${errorLog} warn;" at the top of the main configuration: a reload that fails says so nowhere else.`,
      },
    ]
  const path = stated.startsWith('/') ? stated : `${facts.build.prefix}/${stated}`
  return [...other(path, errorLog, at), ...level(one?.directive.args[1], at), ...unreadable(facts, errorLog)]
}

function isFile(target: string): boolean {
  return !/^(stderr$|syslog:|memory:|\/dev\/|\/proc\/)/.test(target)
}

function other(path: string, errorLog: string, at: string): readonly Finding[] {
  if (path === errorLog) return []
  return [
    {
      level: 'stop',
      what: `nginx logs errors to ${path} ${at}, and the agent's settings name ${errorLog}`,
      todo: `Set "nginxErrorLog" to ${path}.`,
    },
  ]
}

function level(stated = 'error', at: string): readonly Finding[] {
  const place = levels.indexOf(stated)
  if (place <= levels.indexOf('warn')) return []
  if (place === levels.indexOf('error'))
    return [
      {
        level: 'note',
        what: `the error log has the level "error" ${at}: enough for the agent, but nginx's warnings are not in it`,
        todo: 'Set it to "warn" to see, for example, server names that nginx ignores because two servers have them.',
      },
    ]
  return [
    {
      level: 'stop',
      what: `the error log has the level "${stated}" ${at}: reloads that fail would go unseen`,
      todo: 'Set it to "warn".',
    },
  ]
}

function unreadable({ errorLogReadable, agentUser }: HostFacts, errorLog: string): readonly Finding[] {
  if (errorLogReadable !== false) return []
  return [
    {
      level: 'stop',
      what: `the user "${agentUser.name}" can't read ${errorLog}`,
      todo: 'Let log rotation create it for that user ("create" in its logrotate file), and change the one that is there.',
    },
  ]
}
