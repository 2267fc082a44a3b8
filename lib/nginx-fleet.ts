import * as autoscaling from 'aws-cdk-lib/aws-autoscaling'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { NetworkLoadBalancer, NetworkTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { Role } from 'aws-cdk-lib/aws-iam'
import { Annotations, Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { unhealthyHosts } from './fleet-alarm.ts'
import { fleetGroups } from './fleet-groups.ts'
import { FleetLoadBalancer } from './fleet-load-balancer.ts'
import type { NginxFleetProps } from './fleet-props.ts'
import { fleetRole } from './fleet-role.ts'
import { fleetUserData } from './fleet-user-data.ts'

export type { NginxFleetProps } from './fleet-props.ts'

const hookName = 'first-release'
const gp3 = { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }

/**
 * nginx hosts on Amazon Linux 2023 in an autoscaling group behind a network load balancer. A host gets traffic once it has confirmed a
 * release, and is judged by EC2 alone after that: were it by nginx's health too, a release that all hosts refuse would end them all.
 */
export class NginxFleet extends Construct {
  readonly group: autoscaling.AutoScalingGroup
  readonly loadBalancer: NetworkLoadBalancer
  readonly targetGroups: readonly NetworkTargetGroup[]
  readonly role: Role
  readonly hostGroup: ec2.SecurityGroup
  /** While it is raised, hosts are not replaced, and what was replaced is taken back. */
  readonly unhealthy: Alarm
  private readonly groupName: string

  constructor(scope: Construct, id: string, props: NginxFleetProps) {
    super(scope, id)
    const { vpc, hostAccess, listeners, healthPort = 8_081, subnets = privateSubnets } = props
    this.groupName = `quayside-${props.deployment}`
    const groups = fleetGroups(this, {
      ...{ vpc, listeners, healthPort, backendNetworks: props.backendNetworks },
      clientNetworks: props.clientNetworks,
      backendSecurityGroups: props.backendSecurityGroups ?? [],
    })
    this.hostGroup = groups.hosts
    const front = new FleetLoadBalancer(this, 'Front', {
      ...{ vpc, listeners, healthPort, securityGroup: groups.loadBalancer },
      subnets: props.loadBalancerSubnets ?? subnets,
      internetFacing: props.internetFacing ?? false,
    })
    this.loadBalancer = front.loadBalancer
    this.targetGroups = front.targetGroups
    this.unhealthy = unhealthyHosts(this, 'Unhealthy', front.targetGroups[0])
    const { groupName } = this
    this.role = fleetRole(this, 'Role', {
      hostAccess,
      groupName,
      sessionManager: props.sessionManager ?? true,
    })
    this.group = this.newGroup(props, this.newTemplate(props, healthPort))
    for (const targets of front.targetGroups) this.group.attachToNetworkTargetGroup(targets)
  }

  private newTemplate(props: NginxFleetProps, healthPort: number): ec2.LaunchTemplate {
    const { bucket, deployment, channel = 'current', pollMs = 1_000, agent, publicKeyParameterName } = props
    const settings = {
      ...{
        region: Stack.of(this).region,
        bucket: bucket.bucketName,
        deployment,
        channel,
        pollMs,
        healthPort,
      },
      agent: { url: agent.asset.s3ObjectUrl, sha256: agent.sha256 },
      ...{ publicKeyParameter: publicKeyParameterName, groupName: this.groupName, hookName },
      commands: props.commands ?? [],
    }
    const { instanceType = new ec2.InstanceType('t4g.small') } = props
    return new ec2.LaunchTemplate(this, 'Template', {
      instanceType,
      machineImage: props.machineImage ?? amazonLinux(instanceType),
      userData: ec2.UserData.custom(fleetUserData(settings)),
      role: this.role,
      securityGroup: this.hostGroup,
      httpTokens: ec2.LaunchTemplateHttpTokens.REQUIRED,
      // No container on the host gets its credentials.
      httpPutResponseHopLimit: 1,
      detailedMonitoring: true,
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(16, gp3) }],
    })
  }

  private newGroup(props: NginxFleetProps, template: ec2.LaunchTemplate): autoscaling.AutoScalingGroup {
    const { vpc, subnets = privateSubnets, minCapacity = 2, maxCapacity = 4, desiredCapacity } = props
    const group = new autoscaling.AutoScalingGroup(this, 'Group', {
      ...{ vpc, vpcSubnets: subnets, minCapacity, maxCapacity, launchTemplate: template },
      ...(desiredCapacity !== undefined && { desiredCapacity }),
      autoScalingGroupName: this.groupName,
      healthChecks: autoscaling.HealthChecks.ec2({ gracePeriod: Duration.minutes(1) }),
      groupMetrics: [autoscaling.GroupMetrics.all()],
      defaultInstanceWarmup: Duration.minutes(1),
      updatePolicy: this.refresh(),
    })
    Annotations.of(group).acknowledgeWarning('@aws-cdk/aws-autoscaling:desiredCapacitySet')
    waitForRelease(group, props.launchTimeout ?? Duration.minutes(15))
    group.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: props.targetCpuPercent ?? 50 })
    acknowledge(group, {
      'AwsSolutions-AS3': 'Scaling is usual; alarms tell of hosts that are gone or unhealthy.',
    })
    return group
  }

  /** A tenth at a time at most; hosts that are already as they should be stay. */
  private refresh(): autoscaling.UpdatePolicy {
    return autoscaling.UpdatePolicy.instanceRefresh({
      strategy: autoscaling.InstanceRefreshStrategy.ROLLING,
      minHealthyPercentage: 90,
      maxHealthyPercentage: 110,
      instanceWarmup: Duration.minutes(1),
      skipMatching: true,
      alarms: [this.unhealthy],
    })
  }
}

/** The newest at each deployment, for the processors of that type. */
function amazonLinux({ architecture }: ec2.InstanceType): ec2.IMachineImage {
  const isArm = architecture === ec2.InstanceArchitecture.ARM_64
  const { ARM_64, X86_64 } = ec2.AmazonLinuxCpuType
  return ec2.MachineImage.latestAmazonLinux2023({ cpuType: isArm ? ARM_64 : X86_64 })
}

const privateSubnets: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }

/** Part of the group itself: a hook that is added later would miss the first hosts. */
function waitForRelease(group: autoscaling.AutoScalingGroup, timeout: Duration): void {
  const resource = group.node.defaultChild as autoscaling.CfnAutoScalingGroup
  resource.lifecycleHookSpecificationList = [
    {
      lifecycleHookName: hookName,
      lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      heartbeatTimeout: timeout.toSeconds(),
      defaultResult: 'ABANDON',
    },
  ]
}
