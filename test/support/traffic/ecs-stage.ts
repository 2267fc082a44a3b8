import type { TestContext } from 'node:test'
import type { LocalEcs } from '../../../local/aws/ecs/start.ts'
import { startCloud } from '../../../local/cloud.ts'
import { openConsulView } from '../../../local/consul-view.ts'
import { startFleet } from '../../../local/fleet.ts'
import { startFunctions } from '../../../local/functions.ts'
import type { Target } from '../../../local/script/traffic.ts'
import { localSettings } from '../../../local/settings.ts'
import { sourceFunctions } from '../../../local/source-functions.ts'
import { startTestConsul } from '../consul.ts'
import { eventually } from '../eventually.ts'
import { consulAccess } from '../publisher.ts'
import { defaultTemplates } from '../routes.ts'
import { testProcesses, testTools } from '../tools.ts'
import { quickPace } from './catalog-stage.ts'
import { type LateHealth, startLateHealth } from './late-health.ts'
import { share } from './load.ts'

/** How long a task serves after SIGTERM, in seconds: longer than two reloads are apart. */
export const graceSeconds = 4

export type EcsStage = {
  readonly ecs: LocalEcs
  readonly health: LateHealth
  readonly target: (hostName: string) => Target
  /** Ids of the tasks of a service that ECS wants to run. */
  readonly wanted: (service: string) => readonly string[]
  /** Waits until Consul calls exactly the wanted tasks of the service passing. */
  readonly passing: (service: string) => Promise<void>
  /** Waits until exactly the wanted tasks of the service answer under its host name. */
  readonly settled: (service: string, hostName: string) => Promise<void>
}

/** ECS in a test's hands, with the whole pipeline behind it, from its events to one nginx. */
export async function startEcsStage(t: TestContext): Promise<EcsStage> {
  const [consul, tools, processes] = await Promise.all([startTestConsul(t), testTools(), testProcesses(t)])
  const told: string[] = []
  const note = (event: string) => void told.push(event)
  const log = { info: note, warn: note, error: note }
  const hostNames = ['host-a']
  const cloud = await startCloud({ processes, hosts: hostNames, graceSeconds, onDropped: () => {} })
  t.after(() => cloud.close())
  const health = await startLateHealth(t, cloud.ecs.url)
  const clients = { ...cloud.clients, ecs: { ...cloud.clients.ecs, endpoint: health.url } }
  const place = {
    clusterArn: cloud.ecs.clusterArn,
    queueUrl: cloud.sqs.queueUrl,
    signingKey: cloud.signing.keyArn,
    datacenter: consul.datacenter,
  }
  const settings = localSettings(place)
  const access = consulAccess(consul)
  const handlers = sourceFunctions({
    settings: { ...settings, publish: { ...settings.publish, pace: quickPace } },
    ...{ access: async () => access, cloud: { ...cloud, clients }, log },
    templates: { templates: defaultTemplates, operatorTemplates: {} },
  })
  const functions = startFunctions({ handlers, cloud: { ...cloud, clients }, log })
  t.after(() => functions.close())
  const [host] = await startFleet({
    ...{ names: hostNames, processes, nginxes: [tools.nginx], log },
    ...{ s3Url: cloud.s3.url, publicKey: cloud.signing.publicKey, pollMs: 50, port: 0 },
  })
  t.after(() => host?.agent.stop())
  // A task that starts while reconcile lists ECS is followed by reconcile alone, minute by minute: not what is shown here.
  await eventually('the first pass of reconcile', () => told.includes('reconciled'))
  const view = openConsulView(access)
  t.after(() => view.close())
  const target = (hostName: string) => ({ host: 'host-a', url: host?.url ?? '', hostName })
  const wanted = (service: string) =>
    cloud.ecs
      .tasks()
      .flatMap((task) => (task.service === service && task.desiredStatus === 'RUNNING' ? [task.id] : []))
  return {
    ...{ ecs: cloud.ecs, health, target, wanted },
    async passing(service) {
      const isSo = async () =>
        (await view.passing(service)).toSorted().join() === wanted(service).toSorted().join()
      await eventually(`${service} to pass`, isSo, 90_000)
    },
    async settled(service, hostName) {
      const isSo = async () => {
        if (!cloud.ecs.isSettled()) return false
        const shares = await share(target(hostName), 12).catch(() => ({}))
        return Object.keys(shares).sort().join() === wanted(service).toSorted().join()
      }
      await eventually(`${service} to be answered by its own tasks`, isSo, 90_000)
    },
  }
}
