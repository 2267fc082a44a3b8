import type { Finding } from './finding.ts'
import type { Listen } from './listens.ts'
import type { HostFacts, OwnPlaces } from './survey.ts'

/** Ports of the agent's control and health servers, and of releases, that somebody else has. */
export function ownPortFindings(facts: HostFacts, own: OwnPlaces): readonly Finding[] {
  return [
    ...own.ports.flatMap(({ member, port }) => ownPort(facts, member, port)),
    ...facts.listens.filter((one) => isForeignContext(one, own.releasePorts)).map(otherContext),
    ...own.releasePorts.filter((port) => facts.takenPorts.includes(port)).map(takenByProgram),
  ]
}

function ownPort({ listens, takenPorts }: HostFacts, member: string, port: number): readonly Finding[] {
  const todo = `Choose another port for ${member} in the agent's settings, or move what listens there.`
  const servers = listens.filter((one) => one.port === port)
  if (servers.length > 0)
    return servers.map(({ place }) => ({
      level: 'stop' as const,
      what: `port ${port}, the agent's ${member}, is used by the server at ${place}`,
      todo,
    }))
  if (!takenPorts.includes(port)) return []
  return [{ level: 'stop', what: `port ${port}, the agent's ${member}, is used by another program`, todo }]
}

/** nginx -t passes where both contexts listen on one port; the reload then fails. */
function isForeignContext({ context, port }: Listen, releasePorts: readonly number[]): boolean {
  return context === 'stream' && releasePorts.includes(port)
}

function otherContext({ port, place }: Listen): Finding {
  return {
    level: 'stop',
    what: `the stream server at ${place} listens on port ${port}, where web servers of releases are expected`,
    todo: `Move it to another port, or leave ${port} out of "allowedPorts" in the agent's settings.`,
  }
}

function takenByProgram(port: number): Finding {
  return {
    level: 'stop',
    what: `another program than this nginx listens on port ${port}, where releases are expected`,
    todo: `Stop it or move it (ss -ltnp 'sport = :${port}' names it): a reload that can't bind a port is rolled back.`,
  }
}

/** Servers of the operator's beside those of releases: nginx allows one default server for each address and port. */
export function defaultServerFindings(
  listens: readonly Listen[],
  releasePorts: readonly number[],
): readonly Finding[] {
  return listens
    .filter(({ context, port }) => context === 'http' && releasePorts.includes(port))
    .flatMap((listen) => [...besideReleases(listen), ...strangeOptions(listen)])
}

function besideReleases({ address, port, isDefault, names, place }: Listen): readonly Finding[] {
  const server = `the server${names === '' || names === '_' ? '' : ` of ${names}`} at ${place}`
  if (address === '[::]')
    return [
      {
        level: 'look',
        what: `${server} answers port ${port} over IPv6, where releases listen on IPv4 only`,
        todo: 'Remove it if clients reach this host over IPv6: they would get its pages.',
      },
    ]
  if (address !== '*')
    return [
      {
        level: 'look',
        what: `${server} listens on ${address}:${port}; nginx sends requests to that address to it alone`,
        todo: `Remove the address from its "listen", or releases are not reached at ${address}:${port}.`,
      },
    ]
  if (isDefault)
    return [
      {
        level: 'stop',
        what: `${server} is the default server of port ${port}, and so is one of each release that listens there: nginx refuses the second ("a duplicate default server")`,
        todo: 'Remove the server or the word default_server, or set "defaultServer": false under "publish" in the configuration of the deployment.',
      },
    ]
  return [
    {
      level: 'look',
      what: `${server} shares port ${port} with releases`,
      todo: 'Keep it if its names are in no release; whatever no server names goes to the default server of the release.',
    },
  ]
}

/** Options of a socket hold for every server on it. */
function strangeOptions({ port, options, place }: Listen): readonly Finding[] {
  const strange = options.filter((option) => option === 'proxy_protocol' || (option === 'ssl' && port === 80))
  return strange.map((option) => ({
    level: 'look' as const,
    what: `"listen … ${option}" at ${place} holds for the servers of releases on port ${port} too`,
    todo: `Move that server to another port unless all clients of port ${port} are meant to speak it.`,
  }))
}
