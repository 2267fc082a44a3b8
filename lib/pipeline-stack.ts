import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { FunctionsConfig, QuaysideConfig } from '../core/settings/config.ts'
import { consulPorts } from '../core/settings/config-consul.ts'
import { placeOf } from '../core/settings/config-fields.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { AgentBundle } from './agent-bundle.ts'
import { neededApis } from './aws-endpoints.ts'
import { addFleet } from './fleet-of-config.ts'
import { FunctionNetwork } from './function-network.ts'
import { HostAccess } from './host-access.ts'
import { importVpc } from './import-vpc.ts'
import type { NginxFleet } from './nginx-fleet.ts'
import { Alarms } from './observability/alarms.ts'
import { Dashboard } from './observability/dashboard.ts'
import { addOutputs } from './outputs.ts'
import type { FunctionOptions } from './pipeline-function.ts'
import { Publisher } from './publisher.ts'
import { Reconciler } from './reconciler.ts'
import { Registrar } from './registrar.ts'
import { ReleaseBucket } from './release-bucket.ts'
import { SigningKey } from './signing-key.ts'
import { Sweeper } from './sweeper.ts'
import { TaskEvents } from './task-events.ts'

export type PipelineStackProps = StackProps & { readonly config: QuaysideConfig }

/** Everything of one deployment, as its config file describes it: task events in, signed releases out. */
export class PipelineStack extends Stack {
  readonly network: FunctionNetwork
  readonly events: TaskEvents
  readonly releases: ReleaseBucket
  readonly signing: SigningKey
  readonly register: Registrar
  readonly reconcile: Reconciler
  readonly publish: Publisher
  readonly sweep: Sweeper
  readonly agent: AgentBundle
  readonly hostAccess: HostAccess
  /** Null where the operator runs the nginx hosts. */
  readonly fleet: NginxFleet | null

  constructor(scope: Construct, id: string, { config, ...props }: PipelineStackProps) {
    super(scope, id, { description: `Quayside ${config.deployment}: ECS tasks to nginx hosts`, ...props })
    const { deployment } = config
    this.network = this.newNetwork(config)
    this.events = this.newEvents(config)
    const removalPolicy =
      config.releases.removalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN
    this.releases = new ReleaseBucket(this, 'Releases', { removalPolicy })
    this.signing = new SigningKey(this, 'Signing', { deployment })

    const { bucket } = this.releases
    const common = { settings: this.settings(config), network: this.network }
    const withConsul = { ...common, secretKeyArn: config.consul.secretKeyArn }
    const options = (name: keyof FunctionsConfig) => functionOptions(config, name)
    const { events } = this
    this.register = new Registrar(this, 'Register', { ...withConsul, ...options('register'), events })
    const { queue } = events
    this.reconcile = new Reconciler(this, 'Reconcile', { ...withConsul, ...options('reconcile'), queue })
    const what = { bucket, key: this.signing.key, templates: config.templates }
    this.publish = new Publisher(this, 'Publish', { ...withConsul, ...options('publish'), ...what })
    this.sweep = new Sweeper(this, 'Sweep', { ...common, ...options('sweep'), bucket })

    this.agent = new AgentBundle(this, 'Agent', { deployment })
    this.hostAccess = this.newHostAccess()
    this.fleet = config.fleet === null ? null : addFleet(this, config, config.fleet)
    this.addObservability(config)
    addOutputs(this, config)
  }

  private newNetwork({ network, consul, clusters }: QuaysideConfig): FunctionNetwork {
    const groups = network.securityGroupIds.map((id, index) => this.groupOf(`NetworkGroup${index}`, id))
    const opened = consul.securityGroupId
    const roles = clusters.some(({ role }) => role != null)
    return new FunctionNetwork(this, 'Network', {
      vpc: importVpc(this, 'Vpc', network.vpcId, network.subnets),
      ...(groups.length > 0 && { securityGroups: groups }),
      consul: {
        ports: consulPorts(consul),
        ...(opened !== null && {
          securityGroup: SecurityGroup.fromSecurityGroupId(this, 'ConsulGroup', opened),
        }),
      },
      ...(network.egress === 'endpoints' && { endpoints: neededApis({ anywhere: false, roles }) }),
    })
  }

  private groupOf(id: string, groupId: string) {
    return SecurityGroup.fromSecurityGroupId(this, id, groupId, { mutable: false })
  }

  private newEvents({ account, clusters }: QuaysideConfig): TaskEvents {
    const arns = clusters.map(({ arn }) => arn)
    const senders = arns.map((arn) => placeOf(arn).account).filter((sender) => sender !== account)
    return new TaskEvents(this, 'Events', { clusterArns: arns, senderAccounts: [...new Set(senders)] })
  }

  private settings({ deployment, clusters, consul, publish, reconcile }: QuaysideConfig): FunctionSettings {
    return {
      deployment,
      prefix: consul.prefix,
      datacenter: consul.datacenter,
      clusters,
      consulSecret: consul.secret,
      consulServers: { addresses: consul.addresses, serverName: consul.serverName },
      queueUrl: this.events.queue.queueUrl,
      bucket: this.releases.bucket.bucketName,
      signingKey: this.signing.key.keyArn,
      publish,
      reconcileCallsPerSecond: reconcile.callsPerSecond,
    }
  }

  private newHostAccess(): HostAccess {
    const { urlParameter, sha256Parameter, objectArn } = this.agent
    return new HostAccess(this, 'HostAccess', {
      bucket: this.releases.bucket,
      parameters: [this.signing.publicKey.parameter, urlParameter, sha256Parameter],
      objectArns: [objectArn],
    })
  }

  private addObservability({ deployment, alarms }: QuaysideConfig): void {
    const { events, sweep, fleet } = this
    const functions = { Register: this.register.fn, Reconcile: this.reconcile.fn, Publish: this.publish.fn }
    const { topicArn, email } = alarms
    const watched = { deployment, events, functions, sweep: sweep.fn }
    const raised = new Alarms(this, 'Alarms', { ...watched, topicArn, email })
    if (fleet !== null && raised.topic !== null) fleet.unhealthy.addAlarmAction(new SnsAction(raised.topic))
    const { queue, failed } = events
    const shown = fleet === null ? raised.alarms : [...raised.alarms, fleet.unhealthy]
    new Dashboard(this, 'Dashboard', { deployment, functions, queue, failed, alarms: shown })
  }
}

function functionOptions({ functions, logs }: QuaysideConfig, name: keyof FunctionsConfig): FunctionOptions {
  const { memoryMb, reservedConcurrency } = functions[name]
  return {
    memorySize: memoryMb,
    logRetention: logs.retentionDays,
    ...(reservedConcurrency !== null && { reservedConcurrency }),
  }
}
