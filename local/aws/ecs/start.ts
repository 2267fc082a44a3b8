import { type LocalServer, listenHttp } from '../http-server.ts'
import { closePlane, openPlane, type PlaneOptions } from './open-plane.ts'
import { type EcsOperator, operatorOf } from './operator.ts'
import { type EcsFaults, type EcsRequest, handleEcs } from './protocol.ts'

export type EcsOptions = PlaneOptions & { readonly port?: number; readonly faults?: EcsFaults }

export type LocalEcs = LocalServer &
  EcsOperator & {
    /** The latest 10,000 requests, oldest first. */
    readonly requests: readonly EcsRequest[]
    setFaults(faults: EcsFaults | undefined): void
  }

const rememberedRequests = 10_000

/**
 * Starts an ECS whose tasks are processes on this machine, with the API in front. `close` ends every process it
 * started.
 */
export async function startEcs(options: EcsOptions = {}): Promise<LocalEcs> {
  const plane = openPlane(options)
  const requests: EcsRequest[] = []
  let faults = options.faults
  const onRequest: EcsFaults = (request) => {
    requests.push(request)
    if (requests.length > rememberedRequests) requests.shift()
    return faults?.(request)
  }
  const server = await listenHttp(
    (message, response) => handleEcs(plane, message, response, onRequest),
    options.port,
  )
  return {
    ...server,
    ...operatorOf(plane),
    requests,
    setFaults: (next) => {
      faults = next
    },
    close: async () => {
      await Promise.all([closePlane(plane), server.close()])
    },
  }
}
