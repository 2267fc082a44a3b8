import { type Fields, optionalTextOf, wholeOf, wrong } from './fields.ts'
import type { PortBinding, PortRange, Protocol } from './task.ts'

/** One entry of a container's `networkBindings`; null for one that isn't published on the host (yet). */
export function parseBinding(fields: Fields): PortBinding | null {
  const containerPorts = portsOf(fields, 'containerPort')
  const hostPorts = portsOf(fields, 'hostPort')
  if (containerPorts === null || hostPorts === null) return null
  if (lengthOf(containerPorts) !== lengthOf(hostPorts)) {
    throw wrong(`${fields.path}.hostPortRange`, fields.value.hostPortRange, 'as long as containerPortRange')
  }
  return { containerPorts, hostPorts, protocol: protocolOf(fields) }
}

/** The single port `<name>`, or the range `<name>Range` written as `8000-8010`; null where there is neither. */
export function portsOf(fields: Fields, name: 'containerPort' | 'hostPort'): PortRange | null {
  const range = optionalTextOf(fields, `${name}Range`)
  if (range !== null) return parseRange(range, `${fields.path}.${name}Range`)
  if (fields.value[name] === undefined || fields.value[name] === null) return null
  const port = wholeOf(fields, name)
  if (port > 65_535) throw wrong(`${fields.path}.${name}`, port, 'a port up to 65535')
  return port === 0 ? null : { from: port, to: port }
}

export function protocolOf(fields: Fields): Protocol {
  const protocol = optionalTextOf(fields, 'protocol') ?? 'tcp'
  if (protocol === 'tcp' || protocol === 'udp') return protocol
  throw wrong(`${fields.path}.protocol`, protocol, 'tcp or udp')
}

export function lengthOf({ from, to }: PortRange): number {
  return to - from + 1
}

function parseRange(text: string, path: string): PortRange {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []
  const range = { from: Number(from), to: Number(to) }
  if (range.from >= 1 && range.from <= range.to && range.to <= 65_535) return range
  throw wrong(path, text, 'a range of ports such as 8000-8010')
}
