import type { TestContext } from 'node:test'
import type { Consul } from '../../../local/consul/start-consul.ts'
import { openDeployment } from '../deployment.ts'
import { taskDefinition } from '../event.ts'
import { eventually } from '../eventually.ts'
import { parsedDefinition } from '../ledger.ts'
import {
  currentRelease,
  functionSettings,
  cluster as publishedCluster,
  startPublisher,
  testCatalog,
} from '../publisher.ts'
import { openClient } from '../register.ts'
import { startTestS3 } from '../s3.ts'

const { account, region, cluster } = publishedCluster
const arn = `arn:aws:ecs:${region}:${account}:cluster/${cluster}`
const labelled = { dockerLabels: { SERVICE_NAME: 'shop', 'nginx.host': 'shop.test' } }
const containers = [{ name: 'shop', portMappings: [{ containerPort: 8080 }], ...labelled }]
const shop = { family: 'shop', containers }
const hasty = { quietMs: 50, debounceMinMs: 20, debounceMaxMs: 100, budgetBurst: 10, budgetEveryMs: 20 }

/** The SecretIDs of the tokens that the functions have. */
export type WalkTokens = { readonly registrar: string; readonly publisher: string }

/**
 * What a deployment does from its first day on, with tokens of limited rights: register a task, compare, publish it beside an
 * instance that others registered, replace it by another task, and publish that. Gives what went wrong first, or null.
 */
export async function walk(t: TestContext, consul: Consul, tokens: WalkTokens): Promise<string | null> {
  const client = openClient({ ...consul, token: tokens.registrar }, t)
  const deployment = openDeployment(client, { deployment: 'test', clusters: [arn] })
  deployment.aws.definition = parsedDefinition(shop)
  const deliver = async (id: string, port: number, lastStatus: 'RUNNING' | 'STOPPED') => {
    const task = { lastStatus, hostPorts: { 8080: port }, service: 'shop', definition: taskDefinition(shop) }
    return deployment.deliver(deployment.put(id, task))
  }

  if ((await deliver('t1', 32001, 'RUNNING')).length > 0) return 'a task could not be registered'
  const pass = await deployment.reconcile().catch(() => null)
  if (pass?.clusters[0]?.outcome !== 'done') return 'a pass came to nothing'
  if (deployment.lines.some(({ event }) => event === 'left-clusters-unknown')) return 'clusters were not seen'

  const s3 = await startTestS3(t)
  const settings = functionSettings({ pace: hasty })
  const publisher = startPublisher(t, { ...consul, token: tokens.publisher }, s3, { settings })
  const ended = publisher.done.then(
    () => 'the publisher left',
    (error: unknown) => `the publisher failed: ${error}`,
  )
  const shows = (servers: string) =>
    Promise.race([
      eventually(servers, () => publishedIn(s3) === servers, 2_000).then(() => null, String),
      ended,
    ])
  try {
    const first = await shows('old 10.9.0.1:9001, shop 10.1.2.3:32001')
    if (first !== null) return first
    await deliver('t2', 32002, 'RUNNING')
    await deliver('t1', 32001, 'STOPPED')
    return await shows('old 10.9.0.1:9001, shop 10.1.2.3:32002')
  } finally {
    await publisher.stop().catch(() => {})
  }
}

function publishedIn(s3: Parameters<typeof currentRelease>[0]): string {
  const servers = Object.entries(currentRelease(s3)?.servers ?? {})
  return servers
    .map(([service, places]) => `${service} ${places.join(' ')}`)
    .sort()
    .join(', ')
}

/** An instance that somebody else registered, on a node of their own. */
export async function registerForeign(t: TestContext, consul: Consul): Promise<void> {
  await testCatalog(t, consul).foreign('old', 'old-1', 9001, { 'nginx-host': 'old.test' })
}
