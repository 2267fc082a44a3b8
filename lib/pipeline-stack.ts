import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { QuaysideConfig } from '../core/settings/config.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { FunctionNetwork } from './function-network.ts'
import { HostAccess } from './host-access.ts'
import { Alarms } from './observability/alarms.ts'
import { Dashboard } from './observability/dashboard.ts'
import {
  describeServices,
  describeTasks,
  type Home,
  listTasks,
  publishReleases,
  readConsulSecret,
  sendMessages,
  signPointers,
  sweepReleases,
} from './permissions.ts'
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts'
import { ReleaseBucket } from './release-bucket.ts'
import { SigningKey } from './signing-key.ts'
import { TaskEvents } from './task-events.ts'
import { Tick } from './tick.ts'

export type PipelineStackProps = StackProps & { readonly config: QuaysideConfig }

type Own = Pick<PipelineFunctionProps, 'description' | 'statements' | 'timeout' | 'memorySize'> &
  Pick<Partial<PipelineFunctionProps>, 'reservedConcurrency' | 'templates'>

const registerTimeout = Duration.minutes(1)

/** Everything of one deployment: task events in, signed releases out. */
export class PipelineStack extends Stack {
  readonly events: TaskEvents
  readonly releases: ReleaseBucket
  readonly signing: SigningKey
  readonly register: PipelineFunction
  readonly reconcile: PipelineFunction
  readonly publish: PipelineFunction
  readonly sweep: PipelineFunction
  readonly hostAccess: HostAccess

  private readonly config: QuaysideConfig
  private readonly network: FunctionNetwork

  constructor(scope: Construct, id: string, { config, ...props }: PipelineStackProps) {
    super(scope, id, { description: `Quayside ${config.deployment}: ECS tasks to nginx hosts`, ...props })
    this.config = config
    this.network = new FunctionNetwork(this, 'Network', config.network)
    const clusterArns = config.clusters.map(({ arn }) => arn)
    this.events = new TaskEvents(this, 'Events', { clusterArns, readerTimeout: registerTimeout })
    this.releases = new ReleaseBucket(this, 'Releases')
    this.signing = new SigningKey(this, 'Signing', config.deployment)
    this.register = this.addRegister()
    this.reconcile = this.addReconcile()
    this.publish = this.addPublish()
    this.sweep = this.addSweep()
    this.hostAccess = new HostAccess(this, 'HostAccess', this.releases.bucket)
    this.addObservability()
    this.addOutputs()
  }

  private addRegister(): PipelineFunction {
    const register = this.addFunction('Register', 'register', {
      description: 'Registers ECS tasks in Consul as their events arrive',
      statements: [...describeTasks(this.home()), sendMessages(this.events.queue)],
      timeout: registerTimeout,
      memorySize: 256,
    })
    const source = new SqsEventSource(this.events.queue, {
      batchSize: 10,
      // A window would add itself to the time from a task's stop to its leaving nginx.
      maxBatchingWindow: Duration.seconds(0),
      // Bounds what Consul gets at once, without throttling, which would use up the receives of good messages.
      maxConcurrency: 5,
      reportBatchItemFailures: true,
    })
    register.fn.addEventSource(source)
    return register
  }

  private addReconcile(): PipelineFunction {
    const reconcile = this.addFunction('Reconcile', 'reconcile', {
      description: 'Compares ECS with the Consul catalog and repairs what differs',
      statements: [
        ...describeTasks(this.home()),
        listTasks(this.home()),
        describeServices(this.home()),
        sendMessages(this.events.queue),
      ],
      timeout: Duration.minutes(5),
      memorySize: 512,
    })
    new Tick(this, 'ReconcileTick', { fn: reconcile.fn, description: 'Quayside: compares ECS with Consul' })
    return reconcile
  }

  private addPublish(): PipelineFunction {
    const publish = this.addFunction('Publish', 'publish', {
      description: 'Watches Consul and publishes signed nginx configuration',
      statements: [...publishReleases(this.releases.bucket), ...signPointers(this.signing.key)],
      timeout: Duration.minutes(15),
      memorySize: 512,
      // The leader, its successor that is already loading, and a tick that looks whether both are well.
      reservedConcurrency: 3,
      templates: { operator: this.config.templates },
    })
    new Tick(this, 'PublishTick', { fn: publish.fn, description: 'Quayside: keeps a publisher running' })
    return publish
  }

  private addSweep(): PipelineFunction {
    const sweep = this.addPlainFunction('Sweep', 'sweep', {
      description: 'Removes from the release bucket what nothing names any more',
      statements: sweepReleases(this.releases.bucket),
      timeout: Duration.minutes(15),
      memorySize: 512,
    })
    const description = 'Quayside: removes releases that nothing names any more'
    new Tick(this, 'SweepTick', { fn: sweep.fn, description, every: Duration.days(1) })
    return sweep
  }

  /** A function that talks to Consul. */
  private addFunction(id: string, name: PipelineFunctionProps['name'], own: Own): PipelineFunction {
    const statements = [...readConsulSecret(this.home(), this.config.consul), ...own.statements]
    return this.addPlainFunction(id, name, { ...own, statements })
  }

  private addPlainFunction(id: string, name: PipelineFunctionProps['name'], own: Own): PipelineFunction {
    return new PipelineFunction(this, id, {
      ...own,
      name,
      network: this.network,
      settings: this.settingsOfFunctions(),
    })
  }

  private settingsOfFunctions(): FunctionSettings {
    const { deployment, clusters, consul, publish, reconcile } = this.config
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

  private home(): Home {
    const { account, region, clusters } = this.config
    return { account, region, clusters, partition: this.partition }
  }

  private addObservability(): void {
    const functions = { Register: this.register.fn, Reconcile: this.reconcile.fn, Publish: this.publish.fn }
    const { deployment, alarms } = this.config
    const { events } = this
    const watched = { deployment, events, functions, sweep: this.sweep.fn }
    const raised = new Alarms(this, 'Alarms', { ...watched, topicArn: alarms.topicArn })
    const { queue, failed } = events
    new Dashboard(this, 'Dashboard', { deployment, functions, queue, failed, alarms: raised.alarms })
  }

  private addOutputs(): void {
    const outputs = {
      BucketName: [this.releases.bucket.bucketName, 'Where the hosts pull their releases from'],
      SigningKeyArn: [this.signing.key.keyArn, 'Give its public key to the hosts'],
      HostPolicyArn: [this.hostAccess.policy.managedPolicyArn, 'Attach this to the role of the nginx hosts'],
      RegisterQueueUrl: [this.events.queue.queueUrl, 'Task events that wait to be registered'],
      FailedQueueUrl: [this.events.failed.queueUrl, 'Task events that could not be registered'],
    }
    for (const [name, [value = '', description = '']] of Object.entries(outputs))
      new CfnOutput(this, name, { value, description })
  }
}
