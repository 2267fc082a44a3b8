import type { TestContext } from 'node:test'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { ec2Instances, startEc2 } from '../../local/aws/ec2/start.ts'
import { type EcsOptions, type LocalEcs, startEcs } from '../../local/aws/ecs/start.ts'
import type { TaskDefinitionInput } from '../../local/aws/ecs/task-definition.ts'
import type { AwsEvent } from '../../local/aws/events/event-bus.ts'

export type TestEcs = LocalEcs & {
  readonly client: ECSClient
  readonly ec2: EC2Client
  /** Where EC2 listens. */
  readonly ec2Url: string
  /** Every event so far, in order. */
  readonly events: AwsEvent[]
}

const shared = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test-secret' },
  maxAttempts: 1,
}

const quickTimings = {
  provisionMs: 1,
  deprovisionMs: 1,
  restartDelayMs: 10,
  healthIntervalMs: 20,
  settleMs: 0,
}

/** One container `web` with port 8080. */
export const webDefinition: TaskDefinitionInput = {
  family: 'web',
  containers: [{ name: 'web', portMappings: [{ containerPort: 8080 }] }],
}

/**
 * An ECS with quick timings and no grace, the EC2 that knows its hosts, and clients for both; they and all
 * tasks end with the test.
 */
export async function startTestEcs(t: TestContext, options: EcsOptions = {}): Promise<TestEcs> {
  const timings = { ...quickTimings, ...options.timings }
  const server = await startEcs({ graceSeconds: 0, ...options, timings })
  t.after(() => server.close())
  const instances = await startEc2({ instances: () => ec2Instances(server.instances()) })
  t.after(() => instances.close())
  const client = new ECSClient({ ...shared, endpoint: server.url })
  const ec2 = new EC2Client({ ...shared, endpoint: instances.url })
  t.after(() => {
    client.destroy()
    ec2.destroy()
  })
  const events: AwsEvent[] = []
  server.on('event', (event) => events.push(event))
  return { ...server, client, ec2, ec2Url: instances.url, events }
}
