import { SQSClient } from '@aws-sdk/client-sqs'
import { hostReportKey } from '../core/release/keys.ts'
import {
  containerInstancePattern,
  instanceStatePattern,
  spotInterruptionPattern,
  taskStatePattern,
} from '../core/settings/event-patterns.ts'
import { ec2Instances, startEc2 } from './aws/ec2/start.ts'
import { type LocalEcs, startEcs } from './aws/ecs/start.ts'
import { createEventBus } from './aws/events/event-bus.ts'
import { sendToQueue } from './aws/events/queue-target.ts'
import { startKms } from './aws/kms.ts'
import type { AccessKey } from './aws/s3/context.ts'
import type { S3Request } from './aws/s3/request.ts'
import { type LocalS3, startS3 } from './aws/s3/start.ts'
import { startSecretsManager } from './aws/secrets-manager.ts'
import { type LocalSqs, startSqs } from './aws/sqs.ts'
import type { Processes } from './processes/processes.ts'
import { bucket, region } from './settings.ts'

/** The functions' key pair on this machine; S3 verifies signatures with it. */
const credentials = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local-functions' }

const signingKeyArn = `arn:aws:kms:${region}:000000000000:key/local`

export function hostCredentials(host: string): typeof credentials {
  return { accessKeyId: `AKID${host.toUpperCase().replaceAll('-', '')}`, secretAccessKey: `local-${host}` }
}

export type Cloud = {
  readonly ecs: LocalEcs
  readonly s3: LocalS3
  readonly sqs: LocalSqs
  /** The key that signs releases, made for this run, and PEM (SPKI) of its public half. */
  readonly signing: { readonly keyArn: string; readonly publicKey: string }
  /** What the AWS SDK's clients are given; in AWS they find the same in their environment. */
  readonly clients: Readonly<
    Record<
      'ecs' | 'ec2' | 's3' | 'sqs' | 'kms',
      { endpoint: string; region: string; credentials: typeof credentials }
    >
  >
  /** The same as variables, for programs of their own. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Starts the AWS side: ECS with its tasks, EC2, SQS, S3, and the rules that carry ECS's events to the queue. */
export async function startCloud(options: {
  readonly processes: Pick<Processes, 'start'>
  /** Names of the hosts: each has a key pair of its own, with no more rights than the hosts' policy gives. */
  readonly hosts: readonly string[]
  readonly graceSeconds: number
  /** What Secrets Manager holds, by name; by default nothing. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly onDropped: (rule: string, error: unknown) => void
}): Promise<Cloud> {
  const [s3, sqs, kms, secrets, ecs] = await Promise.all([
    startS3({
      buckets: { [bucket]: 'Enabled' },
      region,
      accessKeys: accessKeys(options.hosts),
      verifySignatures: true,
    }),
    startSqs({ region }),
    startKms(signingKeyArn),
    startSecretsManager(options.secrets ?? {}),
    startEcs({ graceSeconds: options.graceSeconds, region, startProcess: options.processes.start }),
  ])
  const ec2 = await startEc2({ instances: () => ec2Instances(ecs.instances()) })
  const client = (endpoint: string) => ({ endpoint, region, credentials })
  const clients = {
    ...{ ecs: client(ecs.url), ec2: client(ec2.url), s3: client(s3.url) },
    ...{ sqs: client(sqs.url), kms: client(kms.url) },
  }
  const sender = new SQSClient(clients.sqs)
  const disconnect = connect(ecs, sendToQueue(sender, sqs.queueUrl), options.onDropped)
  return {
    ...{ ecs, s3, sqs, clients },
    signing: { keyArn: signingKeyArn, publicKey: kms.publicKey },
    environment: environmentOf({ ecs, ec2, s3, sqs, kms, secrets_manager: secrets }),
    async close() {
      disconnect()
      await ecs.close()
      sender.destroy()
      await Promise.all([ec2, sqs, s3, kms, secrets].map((server) => server.close()))
    },
  }
}

/** What the SDK of a program of its own reads: where each service is, and who asks. */
function environmentOf(servers: Readonly<Record<string, { readonly url: string }>>): Record<string, string> {
  const urls = Object.entries(servers).map(([name, { url }]) => [
    `AWS_ENDPOINT_URL_${name.toUpperCase()}`,
    url,
  ])
  return {
    ...Object.fromEntries(urls),
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}

/** ECS's events pass the same patterns that the stack deploys, and only what matches reaches the queue. */
function connect(
  ecs: LocalEcs,
  send: ReturnType<typeof sendToQueue>,
  onDropped: (rule: string, error: unknown) => void,
): () => void {
  const bus = createEventBus({
    rules: [
      { name: 'task-state', pattern: taskStatePattern([ecs.clusterArn]), send },
      { name: 'container-instance-state', pattern: containerInstancePattern([ecs.clusterArn]), send },
      { name: 'instance-state', pattern: instanceStatePattern(), send },
      { name: 'spot-interruption', pattern: spotInterruptionPattern(), send },
    ],
    onDropped: (rule, _event, error) => onDropped(rule, error),
  })
  return ecs.on('event', (event) => void bus.put(event))
}

/** A host reads releases and writes its own report, as its policy in AWS allows. A missing object is 404 to it, because it may list. */
function accessKeys(hosts: readonly string[]): Readonly<Record<string, AccessKey>> {
  const ofHosts = hosts.map((host) => {
    const { accessKeyId, secretAccessKey } = hostCredentials(host)
    const allow = ({ method, key }: S3Request) =>
      method === 'GET'
        ? /^(channels|layouts|blobs)\//.test(key)
        : method === 'PUT' && key === hostReportKey(host)
    return [accessKeyId, { secretAccessKey, allow }] as const
  })
  const functions = { secretAccessKey: credentials.secretAccessKey }
  return { [credentials.accessKeyId]: functions, ...Object.fromEntries(ofHosts) }
}
