import assert from 'node:assert/strict'
import type { ConsulClient } from '../../../adapters/consul/client.ts'
import { checkOutputs, nodeName } from '../../../core/catalog/entry.ts'
import { cluster } from '../register.ts'
import type { World } from './world.ts'

const node = nodeName(cluster)

/** What Consul says of the cluster's node and what it should say; reads and writes beside the faults. */
export type Fleet = {
  /** Fails if an instance of these live tasks isn't there, passing, at its address. */
  readonly assertServing: (ids: Iterable<string>) => Promise<void>
  /** Fails if the catalog isn't exactly ECS's truth, but for these tasks, which may be there or not. */
  readonly assertTrue: (undecided?: ReadonlySet<string>) => Promise<void>
  readonly isTrue: (undecided?: ReadonlySet<string>) => Promise<boolean>
  /** Deletes the task's service, as an operator might by mistake. */
  readonly lose: (id: string) => Promise<void>
  /** Makes the task's check critical, as an operator might by mistake. */
  readonly blame: (id: string) => Promise<void>
}

export function watchFleet(client: ConsulClient, world: World): Fleet {
  const put = (path: string, body: object) =>
    client.request({ method: 'PUT', path, body: { Node: node, ...body } })

  async function differences(undecided: ReadonlySet<string>): Promise<readonly string[]> {
    const found = await read(client)
    const wanted = new Map(
      [...world.live(), ...world.draining()].map(({ id }) => [serviceId(id), stateOf(world, id)]),
    )
    const isUndecided = (id: string) => [...undecided].some((task) => serviceId(task) === id)
    const wrong = [...wanted].flatMap(([id, state]) =>
      found.get(id) === state ? [] : [`${id} is ${found.get(id) ?? 'not there'} instead of ${state}`],
    )
    const ours = [...found.keys()].filter((id) => id.startsWith('web-'))
    const strange = ours.filter((id) => !wanted.has(id) && !isUndecided(id))
    return [...wrong, ...strange.map((id) => `${id} is still there`)]
  }

  return {
    assertServing: async (ids) => {
      const found = await read(client)
      for (const id of ids) assert.equal(found.get(serviceId(id)), stateOf(world, id), `task ${id}`)
    },
    assertTrue: async (undecided = new Set()) => assert.deepEqual(await differences(undecided), []),
    isTrue: async (undecided = new Set()) => (await differences(undecided)).length === 0,
    lose: async (id) => void (await put('/v1/catalog/deregister', { ServiceID: serviceId(id) })),
    blame: async (id) => {
      const Check = {
        CheckID: `${serviceId(id)}:ecs`,
        Name: 'x',
        Status: 'critical',
        ServiceID: serviceId(id),
      }
      await put('/v1/catalog/register', { SkipNodeUpdate: true, Check })
    },
  }
}

function serviceId(task: string): string {
  return `web-${task}-web-8080`
}

function stateOf(world: World, id: string): string {
  const port = world.task(id).containers[0]?.networkBindings[0]?.hostPort
  const isDraining = world.task(id).desiredStatus === 'STOPPED'
  const check = isDraining ? `critical ${checkOutputs.draining}` : `passing ${checkOutputs.passing}`
  return `10.1.2.3:${port} ${check}`
}

type NodeAnswer = {
  readonly Services: Readonly<Record<string, { readonly Address: string; readonly Port: number }>>
} | null
type CheckAnswer = { readonly CheckID: string; readonly Status: string; readonly Output: string }

/** Address, status and output per service id. */
async function read(client: ConsulClient): Promise<ReadonlyMap<string, string>> {
  const [services, checks] = await Promise.all([
    client.request({ method: 'GET', path: `/v1/catalog/node/${node}` }),
    client.request({ method: 'GET', path: `/v1/health/node/${node}` }),
  ])
  const byId = new Map((checks.body as CheckAnswer[]).map((check) => [check.CheckID, check]))
  return new Map(
    Object.entries((services.body as NodeAnswer)?.Services ?? {}).map(([id, { Address, Port }]) => {
      const check = byId.get(`${id}:ecs`)
      return [id, `${Address}:${Port} ${check?.Status} ${check?.Output}`] as const
    }),
  )
}
