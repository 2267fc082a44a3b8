import { join } from 'node:path'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { type Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { functionEnvironment } from '../core/settings/environment.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts'
import { bundlingBeside } from './bundling.ts'
import type { FunctionNetwork } from './function-network.ts'
import { attachToVpc, wildcardReasons } from './permissions.ts'
import { releaseWildcardReasons } from './release-permissions.ts'
import { writeSettings } from './settings-file.ts'

const root = join(import.meta.dirname, '..')

/** What may be said of each function of the pipeline. */
export type FunctionOptions = {
  /** @default - 256 for registering, 512 for the others */
  readonly memorySize?: number
  /**
   * How many run at most, taken out of the account's concurrency and kept free for this function. A publisher needs at least 3: the leader,
   * its successor that is already loading, and a tick that looks whether both are well.
   *
   * @default - none are reserved; new accounts have 10 in all, of which AWS lets nobody reserve any
   */
  readonly reservedConcurrency?: number
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays
}

export type PipelineFunctionProps = FunctionOptions & {
  /** The folder below `functions/` whose `index.ts` exports `handler`. */
  readonly name: 'register' | 'reconcile' | 'publish' | 'sweep' | 'public-key'
  readonly description: string
  readonly statements: readonly PolicyStatement[]
  readonly timeout: Duration
  /**
   * Where it runs.
   *
   * @default - in no VPC
   */
  readonly network?: FunctionNetwork
  /**
   * What it reads from its environment and from the file beside its bundle.
   *
   * @default - it needs to be told nothing
   */
  readonly settings?: FunctionSettings
  /**
   * Whether Lambda lets the function go on where it is called in a circle, as it is by its own messages.
   *
   * @default lambda.RecursiveLoop.TERMINATE
   */
  readonly recursiveLoop?: lambda.RecursiveLoop
  /**
   * The nginx templates lie beside the bundle, and those of the operator's folder, if there is one.
   *
   * @default - no templates
   */
  readonly templates?: { readonly operator: string | null }
}

/** The options among the properties of a construct. */
export function optionsOf(props: FunctionOptions): FunctionOptions {
  const { memorySize, reservedConcurrency, logRetention } = props
  return {
    ...(memorySize !== undefined && { memorySize }),
    ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    ...(logRetention !== undefined && { logRetention }),
  }
}

/** A function of Quayside, with a role and a log group of its own that allow and keep nothing more than needed. */
export class PipelineFunction extends Construct {
  readonly fn: lambda.Function
  readonly logGroup: LogGroup
  readonly role: Role

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id)
    const { network, logRetention: retention = RetentionDays.ONE_MONTH, memorySize = 512 } = props
    this.logGroup = new LogGroup(this, 'Logs', { retention, removalPolicy: RemovalPolicy.DESTROY })
    this.role = this.newRole([...props.statements, ...(network === undefined ? [] : attachToVpc())])
    this.fn = new NodejsFunction(this, 'Function', {
      ...codeOf(this, props),
      description: props.description,
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      timeout: props.timeout,
      memorySize,
      environment: {
        ...(props.settings && functionEnvironment(props.settings)),
        NODE_OPTIONS: '--enable-source-maps',
      },
      ...(network && { vpc: network.vpc, vpcSubnets: network.subnets }),
      ...(network && { securityGroups: [...network.securityGroups] }),
      ...(props.recursiveLoop !== undefined && { recursiveLoop: props.recursiveLoop }),
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
    })
    acknowledge(this.fn, {
      'Serverless-LambdaTracing':
        'Each record, pass and release tells its own times in the log and in metrics.',
    })
  }

  private newRole(statements: readonly PolicyStatement[]): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    for (const statement of [this.writeLogs(), ...statements]) role.addToPolicy(statement)
    acknowledgeWildcards(role, statements, { ...wildcardReasons, ...releaseWildcardReasons })
    return role
  }

  private writeLogs(): PolicyStatement {
    const actions = ['logs:CreateLogStream', 'logs:PutLogEvents']
    return new PolicyStatement({ sid: 'WriteLogs', actions, resources: [this.logGroup.logGroupArn] })
  }
}

function codeOf(scope: Construct, { name, settings, templates }: PipelineFunctionProps) {
  const told = settings && { settings: writeSettings(scope, settings) }
  return {
    entry: join(root, 'functions', name, 'index.ts'),
    projectRoot: root,
    depsLockFilePath: join(root, 'package-lock.json'),
    bundling: bundlingBeside({ ...told, templates }),
    awsSdkConnectionReuse: false,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
  }
}
