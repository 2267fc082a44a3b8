import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { IManagedPolicy } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type { Duration } from 'aws-cdk-lib/core'
import type { AgentBundle } from './agent-bundle.ts'
import type { FleetListener } from './fleet-load-balancer.ts'

export type NginxFleetProps = {
  readonly deployment: string
  readonly vpc: ec2.IVpc
  /** Where the releases are. */
  readonly bucket: Pick<IBucket, 'bucketName'>
  readonly hostAccess: IManagedPolicy
  readonly agent: AgentBundle
  /** Where the hosts find the key that releases are signed with. */
  readonly publicKeyParameterName: string
  readonly listeners: readonly FleetListener[]
  /** Who may connect to the load balancer, as networks. */
  readonly clientNetworks: readonly string[]
  /** Where tasks may be, as networks. */
  readonly backendNetworks: readonly string[]
  /**
   * The tasks' own security groups, which are opened for the hosts.
   *
   * @default - they let the hosts in already
   */
  readonly backendSecurityGroups?: readonly ec2.ISecurityGroup[]
  /**
   * Where the hosts run. They need a way out to S3 (which has the packages too), Systems Manager, STS and EC2 Auto Scaling.
   *
   * @default - the private subnets
   */
  readonly subnets?: ec2.SubnetSelection
  /**
   * Where the load balancer is; at most one subnet of an availability zone.
   *
   * @default - the subnets of the hosts
   */
  readonly loadBalancerSubnets?: ec2.SubnetSelection
  /** @default false */
  readonly internetFacing?: boolean
  /** @default t4g.small */
  readonly instanceType?: ec2.InstanceType
  /**
   * Amazon Linux 2023, with other packages.
   *
   * @default - the newest at each deployment, for the processors of the instance type
   */
  readonly machineImage?: ec2.IMachineImage
  /** @default 2 */
  readonly minCapacity?: number
  /** @default 4 */
  readonly maxCapacity?: number
  /**
   * How many there are at first, and after each deployment that changes this number.
   *
   * @default - `minCapacity`; autoscaling decides
   */
  readonly desiredCapacity?: number
  /**
   * More hosts are started above this average.
   *
   * @default 50
   */
  readonly targetCpuPercent?: number
  /**
   * Which releases the hosts follow.
   *
   * @default 'current'
   */
  readonly channel?: string
  /**
   * How often a host asks for a new release.
   *
   * @default 1000
   */
  readonly pollMs?: number
  /**
   * Where nginx answers the health checks.
   *
   * @default 8081
   */
  readonly healthPort?: number
  /**
   * Whether people get in through Session Manager; there are no SSH keys.
   *
   * @default true
   */
  readonly sessionManager?: boolean
  /**
   * Lines of shell that each host runs as root before nginx is started, such as those that fetch certificates; a failure ends the launch. Give
   * `role` what they need.
   *
   * @default - none
   */
  readonly commands?: readonly string[]
  /**
   * How long a host may take until it has confirmed its first release; then it is given up and another one is started.
   *
   * @default Duration.minutes(15)
   */
  readonly launchTimeout?: Duration
}
