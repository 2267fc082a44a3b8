import { join } from 'node:path'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { type Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { functionEnvironment } from '../core/settings/environment.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { bundlingBeside } from './bundling.ts'
import type { FunctionNetwork } from './function-network.ts'
import { writeSettings } from './settings-file.ts'

const root = join(import.meta.dirname, '..')

export type PipelineFunctionProps = {
  /** The folder below `functions/` whose `index.ts` exports `handler`. */
  readonly name: 'register' | 'reconcile' | 'publish' | 'sweep'
  readonly description: string
  readonly network: FunctionNetwork
  /** What it reads from its environment and from the file beside its bundle. */
  readonly settings: FunctionSettings
  readonly statements: readonly PolicyStatement[]
  readonly timeout: Duration
  readonly memorySize: number
  /** How many run at most, kept free for this function; by default the account's common limit holds. */
  readonly reservedConcurrency?: number
  /** The nginx templates lie beside the bundle, and those of the operator's folder, if there is one. */
  readonly templates?: { readonly operator: string | null }
}

/** A function of the pipeline, with a role and a log group of its own that allow and keep nothing more than needed. */
export class PipelineFunction extends Construct {
  readonly fn: lambda.Function
  readonly logGroup: LogGroup

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id)
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.fn = new NodejsFunction(this, 'Function', {
      entry: join(root, 'functions', props.name, 'index.ts'),
      projectRoot: root,
      depsLockFilePath: join(root, 'package-lock.json'),
      bundling: bundlingBeside({ settings: writeSettings(this, props.settings), templates: props.templates }),
      awsSdkConnectionReuse: false,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      description: props.description,
      role: this.role(props.statements),
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      timeout: props.timeout,
      memorySize: props.memorySize,
      environment: { ...functionEnvironment(props.settings), NODE_OPTIONS: '--enable-source-maps' },
      vpc: props.network.vpc,
      vpcSubnets: props.network.subnets,
      securityGroups: props.network.securityGroups,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
    })
  }

  private role(statements: readonly PolicyStatement[]): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    for (const statement of [this.writeLogs(), attachToVpc(), ...statements]) role.addToPolicy(statement)
    return role
  }

  private writeLogs(): PolicyStatement {
    const actions = ['logs:CreateLogStream', 'logs:PutLogEvents']
    return new PolicyStatement({ sid: 'WriteLogs', actions, resources: [this.logGroup.logGroupArn] })
  }
}

/** Lambda itself makes the network interfaces, with the function's role; EC2 knows no narrower resource for it. */
function attachToVpc(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AttachToVpc',
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  })
}
