import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Consul } from '../../../local/consul/start-consul.ts'
import { openDeployment } from '../deployment.ts'
import { taskDefinition } from '../event.ts'
import { eventually } from '../eventually.ts'
import { parsedDefinition } from '../ledger.ts'
import { runHere, type Said } from '../operator.ts'
import {
  currentRelease,
  functionSettings,
  cluster as publishedCluster,
  startPublisher,
  testCatalog,
} from '../publisher.ts'
import { openClient } from '../register.ts'
import { startTestS3 } from '../s3.ts'
import { tempDir } from '../tmp.ts'
import type { Sides } from './policies.ts'

const { account, region, cluster } = publishedCluster
const arn = `arn:aws:ecs:${region}:${account}:cluster/${cluster}`
const hasty = { quietMs: 50, debounceMinMs: 20, debounceMaxMs: 100, budgetBurst: 10, budgetEveryMs: 20 }

/** A task definition of one container with one port, as ECS takes it. */
export type Definition = Pick<NonNullable<Parameters<typeof taskDefinition>[0]>, 'family' | 'containers'>

export type WalkOptions = {
  readonly definition: Definition
  /** Whose rights each side has. */
  readonly tokens: Sides
  /** How long to wait for a release. */
  readonly patienceMs: number
}

/**
 * What a deployment does from its first day on, with tokens of limited rights: register a task, compare, publish it beside an
 * instance that others registered, replace it by another task, and publish that. Gives what went wrong first, or null.
 */
export async function walk(
  t: TestContext,
  consul: Consul,
  { definition, tokens, patienceMs }: WalkOptions,
): Promise<string | null> {
  const { family: service = '' } = definition
  const client = openClient({ ...consul, token: tokens.registrar }, t)
  const deployment = openDeployment(client, { deployment: 'test', clusters: [arn] })
  deployment.aws.definition = parsedDefinition(definition)
  const deliver = async (id: string, port: number, lastStatus: 'RUNNING' | 'STOPPED') => {
    const task = { lastStatus, hostPorts: { 80: port }, service, definition: taskDefinition(definition) }
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
      eventually(servers, () => publishedIn(s3) === servers, patienceMs).then(() => null, String),
      ended,
    ])
  try {
    const first = await shows(`${service} 10.1.2.3:32001, old 10.9.0.1:9001`)
    if (first !== null) return first
    await deliver('t2', 32002, 'RUNNING')
    await deliver('t1', 32001, 'STOPPED')
    return await shows(`${service} 10.1.2.3:32002, old 10.9.0.1:9001`)
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

/** Runs a command of `quayside` against this Consul with this token, and an empty release bucket. */
export async function quaysideWith(
  t: TestContext,
  consul: Consul,
  token: string,
  args: readonly string[],
): Promise<Said> {
  const file = join(tempDir(t), 'quayside.config.json')
  const subnets = [{ id: 'subnet-0123456789abcdef0', availabilityZone: `${region}a` }]
  const network = { vpcId: 'vpc-0123456789abcdef0', subnets }
  const config = { deployment: 'test', clusters: [{ arn }], consul: { secret: 'consul' }, network }
  writeFileSync(file, JSON.stringify(config))
  const env = {
    CONSUL_HTTP_ADDR: consul.httpsUrl,
    CONSUL_CACERT: consul.ca?.path,
    CONSUL_TLS_SERVER_NAME: consul.serverName,
    CONSUL_HTTP_TOKEN: token,
  }
  Object.assign(process.env, env)
  const s3 = await startTestS3(t)
  const words = args.map((word) => (word === '<config>' ? file : word === '<cluster>' ? arn : word))
  return runHere(s3, words, Date.now).finally(() => {
    for (const name of Object.keys(env)) delete process.env[name]
  })
}
