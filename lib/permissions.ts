import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Stack } from 'aws-cdk-lib/core'
import type { IConstruct } from 'constructs'

/** The secret with Consul's addresses, TLS material and token. */
export type ConsulSecret = {
  /** Its name or ARN. */
  readonly secret: string
  /**
   * The customer-managed key that encrypts it.
   *
   * @default - the account's own key for Secrets Manager, which needs no permission
   */
  readonly secretKeyArn?: string | null
}

/** Why statements have wildcards in their resources, by sid; whoever adds one says so here. */
export const wildcardReasons = {
  AttachToVpc:
    'Lambda makes the network interfaces of a function, before there are any to name; its code may not.',
  DescribeTasks:
    'Tasks and container instances of the configured clusters come and go; the cluster is named.',
  DescribeHosts:
    'These calls know no resources: a definition belongs to no cluster, EC2 and SSM filter answers only.',
  DescribeServices: 'Services of the configured clusters come and go; the cluster is named.',
  ListTasks: 'ListTasks knows no resource for a task; the condition names the clusters.',
  ReadConsulSecret:
    'Secrets Manager ends the ARN of a secret in six random characters, which its name leaves out.',
}

/** Reads the secret, and decrypts it where its key is the customer's. */
export function readConsulSecret(scope: IConstruct, consul: ConsulSecret): PolicyStatement[] {
  const read = new PolicyStatement({
    sid: 'ReadConsulSecret',
    actions: ['secretsmanager:GetSecretValue'],
    resources: secretArns(Stack.of(scope), consul.secret),
  })
  const { secretKeyArn = null } = consul
  if (secretKeyArn === null) return [read]
  const decrypt = new PolicyStatement({
    sid: 'DecryptConsulSecret',
    actions: ['kms:Decrypt'],
    resources: [secretKeyArn],
    conditions: { StringLike: { 'kms:ViaService': `secretsmanager.${Stack.of(scope).region}.*` } },
  })
  return [read, decrypt]
}

/** Looks up tasks, their definitions and their hosts: what an event leaves out. */
export function describeTasks(clusterArns: readonly string[]): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'DescribeTasks',
      actions: ['ecs:DescribeTasks', 'ecs:DescribeContainerInstances'],
      resources: [...below(clusterArns, 'task'), ...below(clusterArns, 'container-instance')],
    }),
    new PolicyStatement({
      sid: 'DescribeHosts',
      actions: ['ecs:DescribeTaskDefinition', 'ec2:DescribeInstances', 'ssm:DescribeInstanceInformation'],
      resources: ['*'],
    }),
  ]
}

/** Asks services whether they run what their cluster doesn't list any more. */
export function describeServices(clusterArns: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'DescribeServices',
    actions: ['ecs:DescribeServices'],
    resources: below(clusterArns, 'service'),
  })
}

/** Names the tasks of the clusters, for comparing them with the catalog. */
export function listTasks(clusterArns: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'ListTasks',
    // Listing is narrowed by the cluster key, because its resource type exists for container instances only.
    actions: ['ecs:ListTasks'],
    resources: ['*'],
    conditions: { ArnEquals: { 'ecs:cluster': clusterArns } },
  })
}

/** Asks about clusters of other accounts as a role of theirs. */
export function assumeRoles(roleArns: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'AskOtherAccounts',
    actions: ['sts:AssumeRole'],
    resources: [...roleArns],
  })
}

/** Sends health follow-ups. */
export function sendMessages(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    sid: 'SendFollowUps',
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
  })
}

/** Takes task events from the queue, and hastens or delays those that failed. */
export function consumeMessages(queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    sid: 'ConsumeEvents',
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    resources: [queue.queueArn],
  })
}

/** Signs pointers, with the one algorithm that hosts verify. */
export function signPointers(key: IKey): PolicyStatement[] {
  const sign = new PolicyStatement({
    sid: 'SignPointers',
    actions: ['kms:Sign'],
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512' } },
  })
  return [sign, readPublicKey(key)]
}

export function readPublicKey(key: IKey): PolicyStatement {
  return new PolicyStatement({
    sid: 'ReadPublicKey',
    actions: ['kms:GetPublicKey'],
    resources: [key.keyArn],
  })
}

const networkInterfaces = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

/** Lambda itself makes the network interfaces, with the function's role. What the function's own code asks is refused. */
export function attachToVpc(): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'AttachToVpc', actions: networkInterfaces, resources: ['*'] }),
    new PolicyStatement({
      sid: 'NoInterfacesByCode',
      effect: Effect.DENY,
      actions: networkInterfaces,
      resources: ['*'],
      // Credentials that a function's code uses carry the function; Lambda's own don't.
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  ]
}

function below(clusterArns: readonly string[], kind: string): string[] {
  return clusterArns.map((arn) => `${arn.replace(':cluster/', `:${kind}/`)}/*`)
}

/**
 * A secret's ARN ends in a hyphen and six random characters, which a name leaves out and an ARN may: nothing tells
 * `…:secret:my-secret` from a complete one, so an ARN stands for both.
 */
function secretArns({ partition, region, account }: Stack, secret: string): string[] {
  if (secret.startsWith('arn:')) return [secret, `${secret}-??????`]
  return [`arn:${partition}:secretsmanager:${region}:${account}:secret:${secret}-??????`]
}
