import type { DnsZone } from '../../core/dns/zone.ts'
import { QuaysideError } from '../../core/errors.ts'
import type { Log } from '../log.ts'
import { createExchange, type DnsCounters, type Exchange, type Shortened } from './exchange.ts'
import { createPace, type Pace } from './pace.ts'
import { listenTcp, type TcpListener } from './tcp.ts'
import { listenUdp, type UdpListener } from './udp.ts'

export type DnsServer = {
  readonly port: number
  readonly counters: Readonly<DnsCounters>
  /** From now on answers come from this zone. Throws RENDER_REFUSED for an address that is none; the zone before then stays. */
  serve(zone: DnsZone): void
  /** When the present list of an upstream was last given in full; null as long as it wasn't since it changed. */
  lastFull(name: string): number | null
  close(): Promise<void>
}

export type DnsServerOptions = {
  /** 0 lets the system choose. */
  readonly port: number
  readonly log: Log
  /** Milliseconds of a clock that never jumps. */
  readonly elapsed: () => number
}

/** A DNS server for this host's nginx, on 127.0.0.1 by UDP and TCP. Throws PORT_TAKEN. */
export async function startDnsServer({ port, log, elapsed }: DnsServerOptions): Promise<DnsServer> {
  const exchange = createExchange(elapsed)
  const pace = createPace()
  const { udp, tcp } = await listenOnBoth(port, exchange, pace, log)
  let closing: Promise<void> | null = null
  return {
    port: udp.port,
    counters: exchange.counters,
    serve(zone) {
      for (const service of exchange.serve(zone)) log.warn('dns-list-shortened', warnOf(service))
    },
    lastFull: exchange.lastFull,
    close() {
      pace.stop()
      closing ??= Promise.all([udp.close(), tcp.close()]).then(() => undefined)
      return closing
    },
  }
}

function warnOf({ name, servers, served }: Shortened) {
  const reason =
    'DNS messages hold no more servers of one upstream: split the service, or run this host in static mode'
  return { name, servers, served, reason }
}

type Listeners = { readonly udp: UdpListener; readonly tcp: TcpListener }

/** How often to look for a port that is free for both: whoever has the TCP port rarely has the next one too. */
const attempts = 20

async function listenOnBoth(port: number, exchange: Exchange, pace: Pace, log: Log): Promise<Listeners> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await listenUdp(port, (message) => exchange.answer(message, 'udp'), pace, log).catch(
      taken(port),
    )
    try {
      return { udp, tcp: await listenTcp(udp.port, (message) => exchange.answer(message, 'tcp'), pace) }
    } catch (error) {
      await udp.close()
      if (port !== 0 || attempt === attempts) taken(udp.port)(error)
    }
  }
}

function taken(port: number) {
  return (cause: unknown): never => {
    const advice = 'stop the program that has it, or give the agent another "dnsPort"'
    throw new QuaysideError('PORT_TAKEN', `the DNS port ${port} of 127.0.0.1 can't be opened: ${advice}`, {
      cause,
    })
  }
}
