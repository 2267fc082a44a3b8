import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

export type FleetListener = {
  readonly port: number
  /**
   * `tcp` passes through as it is, TLS too, which then ends at nginx; `tls` ends at the load balancer; `udp` is UDP.
   *
   * @default 'tcp'
   */
  readonly protocol?: 'tcp' | 'tls' | 'udp'
  /**
   * Where nginx listens.
   *
   * @default - the port itself
   */
  readonly targetPort?: number
  /**
   * Of ACM, needed for `tls`.
   *
   * @default - none
   */
  readonly certificateArn?: string | null
}

export type FleetLoadBalancerProps = {
  readonly vpc: ec2.IVpc
  readonly subnets: ec2.SubnetSelection
  readonly securityGroup: ec2.ISecurityGroup
  readonly internetFacing: boolean
  readonly listeners: readonly FleetListener[]
  /** Where nginx itself answers health checks. */
  readonly healthPort: number
}

/** Of the agent's entry file: 200 as soon as a release was confirmed, from nginx alone, whether the agent lives or not. */
export const healthPath = '/health'

/** A network load balancer, whose targets are healthy as long as their nginx says so. */
export class FleetLoadBalancer extends Construct {
  readonly loadBalancer: elb.NetworkLoadBalancer
  readonly targetGroups: readonly elb.NetworkTargetGroup[]

  constructor(scope: Construct, id: string, props: FleetLoadBalancerProps) {
    super(scope, id)
    this.loadBalancer = new elb.NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: props.subnets,
      internetFacing: props.internetFacing,
      securityGroups: [props.securityGroup],
      crossZoneEnabled: true,
    })
    acknowledge(this.loadBalancer, {
      'AwsSolutions-ELB2': 'It logs TLS connections only; nginx logs each request.',
    })
    this.targetGroups = props.listeners.map((listener) => this.addListener(listener, props))
  }

  private addListener(listener: FleetListener, props: FleetLoadBalancerProps): elb.NetworkTargetGroup {
    const { port, protocol = 'tcp', certificateArn = null } = listener
    const group = this.addTargets(listener, props)
    this.loadBalancer.addListener(`Listener${protocol}${port}`, {
      port,
      protocol: { tcp: elb.Protocol.TCP, tls: elb.Protocol.TLS, udp: elb.Protocol.UDP }[protocol],
      defaultTargetGroups: [group],
      ...(certificateArn !== null && { certificates: [elb.ListenerCertificate.fromArn(certificateArn)] }),
    })
    return group
  }

  private addTargets(
    { port, protocol = 'tcp', targetPort = port }: FleetListener,
    { vpc, healthPort }: FleetLoadBalancerProps,
  ): elb.NetworkTargetGroup {
    return new elb.NetworkTargetGroup(this, `Targets${protocol}${port}`, {
      vpc,
      port: targetPort,
      protocol: protocol === 'udp' ? elb.Protocol.UDP : elb.Protocol.TCP,
      targetType: elb.TargetType.INSTANCE,
      // A host that goes keeps its connections for that long; then they are reset, so that clients find another.
      deregistrationDelay: Duration.minutes(2),
      connectionTermination: true,
      healthCheck: {
        protocol: elb.Protocol.HTTP,
        port: String(healthPort),
        path: healthPath,
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    })
  }
}
