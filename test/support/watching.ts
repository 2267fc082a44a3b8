import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import {
  type ConsulClient,
  type ConsulClientOptions,
  createConsulClient,
} from '../../adapters/consul/client.ts'
import type { WatchClient } from '../../adapters/consul/watch-read.ts'
import {
  type SourceWatch,
  type SourceWatchOptions,
  watchSources,
} from '../../adapters/consul/watch-sources.ts'
import type { CatalogInstance } from '../../core/catalog/snapshot.ts'
import type { Consul } from '../../local/consul/start-consul.ts'
import { eventually } from './eventually.ts'
import { consulAccess } from './publisher.ts'

export const node = 'n1'

/** A client whose connections and requests are counted; it ends with the test. */
export function countingClient(t: TestContext, consul: Consul, options: ConsulClientOptions = {}) {
  const access = consulAccess(consul)
  const client = createConsulClient(async () => access, options)
  const port = Number(new URL(consul.httpsUrl ?? consul.httpUrl ?? '').port)
  const sockets = countSockets(t, port)
  const asked: string[] = []
  const request: ConsulClient['request'] = (one) => {
    asked.push(one.path)
    return client.request(one)
  }
  t.after(() => client.close())
  return { client: { ...client, request }, asked, sockets }
}

/** The connections that this process holds to a port: now, and the most at any time. */
export function countSockets(t: TestContext, port: number) {
  const open = new Set<Socket>()
  const count = { now: () => open.size, most: 0 }
  const look = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.once('connect', () => {
      if (socket.remotePort !== port) return
      open.add(socket)
      count.most = Math.max(count.most, open.size)
      socket.once('close', () => open.delete(socket))
    })
  }
  subscribe('net.client.socket', look)
  t.after(() => unsubscribe('net.client.socket', look))
  return count
}

/** A running watch of these datacenters that goes with the test. */
export function startWatch(t: TestContext, client: WatchClient, over: Partial<SourceWatchOptions> = {}) {
  const failures: string[] = []
  const recoveries: string[] = []
  let changes = 0
  const watch = watchSources({
    client,
    datacenters: ['dc1'],
    local: 'dc1',
    multiplexed: false,
    remainingMs: () => 600_000,
    onChange: () => {
      changes += 1
    },
    onFailure: (dependency) => failures.push(dependency),
    onRecovery: (dependency) => recoveries.push(dependency),
    now: Date.now,
    random: Math.random,
    ...over,
  })
  t.after(() => watch.stop())
  return { watch, failures, recoveries, changes: () => changes }
}

/** Follows every listed service, and waits until all of them were read. */
export async function followAll(watch: SourceWatch, count: number): Promise<void> {
  await eventually('the names', () => [...watch.indexes().values()].some((index) => index.size > count))
  const sources = [...watch.indexes()].flatMap(([datacenter, index]) =>
    [...index.keys()].filter((name) => name !== 'consul').map((name) => `${name}@${datacenter}`),
  )
  watch.follow(new Set(sources))
  await eventually('all services', () => watch.services.size === sources.length)
}

/** Waits until an instance is as `is` says, and returns how many milliseconds that took. */
export async function seen(
  watch: SourceWatch,
  source: string,
  is: (instances: readonly CatalogInstance[]) => boolean,
): Promise<number> {
  const since = performance.now()
  await eventually(`${source} to be seen`, () => is(watch.services.get(source)?.instances ?? []))
  return performance.now() - since
}

/** Writes to the catalog of one Consul. */
export function catalogWriter(client: Pick<ConsulClient, 'request'>, over: { readonly dc?: string } = {}) {
  async function put(path: string, body: unknown): Promise<void> {
    const { status, body: answer } = await client.request({ method: 'PUT', path, query: over, body })
    if (status !== 200) throw new Error(JSON.stringify(answer))
  }
  const txn = (ops: readonly unknown[]) => put('/v1/txn', ops)
  const service = (id: string, name: string, fields: object = {}) => ({
    Service: {
      Verb: 'set',
      Node: node,
      Service: { ID: id, Service: name, Address: '10.0.0.1', Port: 80, Tags: ['nginx'], ...fields },
    },
  })
  const check = (id: string, name: string, Status: string, Output = Status) => ({
    Check: {
      Verb: 'set',
      Check: { Node: node, CheckID: `${id}:ecs`, ServiceID: id, ServiceName: name, Status, Output },
    },
  })
  const serviceNames = (count: number) => Array.from({ length: count }, (_, at) => `s${at}`)
  return {
    put,
    service: (id: string, name: string, fields: object = {}) => txn([service(id, name, fields)]),
    check: (id: string, name: string, status: string, output?: string) =>
      txn([check(id, name, status, output)]),
    instance: (id: string, name: string) => txn([service(id, name), check(id, name, 'passing')]),
    async fill(services: number, instances: number) {
      await put('/v1/catalog/register', { Node: node, Address: '10.0.0.1' })
      const ops = serviceNames(services).flatMap((name) =>
        Array.from({ length: instances }, (_, at) => [
          service(`${name}-${at}`, name),
          check(`${name}-${at}`, name, 'passing'),
        ]).flat(),
      )
      for (let at = 0; at < ops.length; at += 64) await txn(ops.slice(at, at + 64))
    },
  }
}
