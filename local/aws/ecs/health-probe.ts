import { get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { addressOf } from './address.ts'
import type { HealthStatus } from './model.ts'
import { note, type Plane, taskOf } from './plane.ts'

/** Probes the containers that declare a health check, again and again, until `ended`. */
export async function probeHealth(plane: Plane, id: string, ended: AbortSignal): Promise<void> {
  const checked = taskOf(plane, id).containers.filter(
    ({ definition }) => definition.healthCheck !== undefined,
  )
  await Promise.all(checked.map(({ definition }) => probeContainer(plane, id, definition.name, ended)))
}

async function probeContainer(plane: Plane, id: string, name: string, ended: AbortSignal): Promise<void> {
  let failures = 0
  while (await wait(plane.timings.healthIntervalMs, ended)) {
    const task = taskOf(plane, id)
    const container = task.containers.find(({ definition }) => definition.name === name)
    if (container === undefined) return
    const isUp = await answersOk(addressOf(task, container), plane.timings.healthIntervalMs)
    if (ended.aborted) return
    failures = isUp ? 0 : failures + 1
    const retries = container.definition.healthCheck?.retries ?? 3
    if (isUp) setHealth(plane, id, name, 'HEALTHY')
    else if (failures >= retries) setHealth(plane, id, name, 'UNHEALTHY')
  }
}

function setHealth(plane: Plane, id: string, name: string, healthStatus: HealthStatus): void {
  const { containers } = taskOf(plane, id)
  const current = containers.find(({ definition }) => definition.name === name)
  if (current?.healthStatus === healthStatus) return
  const changed = containers.map((container) =>
    container.definition.name === name ? { ...container, healthStatus } : container,
  )
  note(plane, id, { containers: changed })
}

/** GET /health at the container's first port, wherever its network mode puts it. */
function answersOk(address: { host: string; port: number } | undefined, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (address === undefined) return resolve(true)
    const options = { ...address, path: '/health', agent: false, timeout: timeoutMs }
    const request = get(options, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}

async function wait(ms: number, ended: AbortSignal): Promise<boolean> {
  return await delay(ms, true, { signal: ended }).catch(() => false)
}
