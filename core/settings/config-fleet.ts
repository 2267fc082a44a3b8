import { port } from './config-fields.ts'
import { type SubnetConfig, sharedZones, subnets } from './config-network.ts'
import { channelName, distinct, domainName, network } from './fields.ts'
import {
  boolean,
  hiddenText,
  integer,
  judged,
  list,
  mapped,
  object,
  oneOf,
  optional,
  type Reader,
  text,
} from './reader.ts'

/** A port of the load balancer and where on the hosts it leads. */
export type FleetListener = {
  readonly port: number
  /** `tcp` passes through as it is, TLS too, which then ends at nginx; `tls` ends here, with the certificate; `udp` is UDP. */
  readonly protocol: 'tcp' | 'tls' | 'udp'
  /** One of the ports of `publish.listeners`. */
  readonly targetPort: number
  /** Of ACM, for `tls` only. */
  readonly certificateArn: string | null
}

export type FleetLoadBalancer = {
  readonly scheme: 'internal' | 'internet-facing'
  /** Null: the fleet's. */
  readonly subnets: readonly SubnetConfig[] | null
  readonly listeners: readonly FleetListener[]
  /** Who may connect. */
  readonly allowedCidrs: readonly string[]
  /** A name that leads to the load balancer, as an alias in that hosted zone. */
  readonly domain: { readonly name: string; readonly hostedZoneId: string } | null
}

/** nginx hosts that the stack runs itself: Amazon Linux 2023 in an autoscaling group behind a network load balancer. */
export type FleetConfig = {
  readonly instanceType: string
  readonly min: number
  readonly max: number
  readonly desired: number
  /** Null: those of the functions. */
  readonly subnets: readonly SubnetConfig[] | null
  /** Which releases the hosts follow; null: `publish.channel`. */
  readonly channel: string | null
  readonly pollMs: number
  /** Where nginx answers the load balancer's health checks. */
  readonly healthPort: number
  /** Whether people get in through Session Manager; there are no SSH keys. */
  readonly sessionManager: boolean
  /** Lines of shell that each host runs as root before nginx is started. */
  readonly commands: readonly string[]
  /** Managed policies of the operator's that the hosts have besides. */
  readonly policyArns: readonly string[]
  readonly loadBalancer: FleetLoadBalancer
}

type StatedListener = Omit<FleetListener, 'targetPort'> & { readonly targetPort: number | null }
type Stated = Omit<FleetConfig, 'desired'> & { readonly desired: number | null }

const certificateArn = text(
  'the ARN of an ACM certificate',
  /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]{1,64}$/,
)

const listener: Reader<FleetListener> = mapped(
  judged(
    object<StatedListener>({
      port,
      protocol: oneOf('tcp', 'tls', 'udp'),
      targetPort: optional(port, null),
      certificateArn: optional(certificateArn, null),
    }),
    listenerProblems,
  ),
  (stated) => ({ ...stated, targetPort: stated.targetPort ?? stated.port }),
)

const policyArn = text(
  'the ARN of an IAM managed policy',
  /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[A-Za-z0-9+=,.@_/-]{1,512}$/,
)

// EC2 takes 16 KB of user data, and the set-up of a host needs a third of that: not more than 16 lines of 500.
const commands = list(hiddenText('one line of shell, of up to 500 characters', /^[^\r\n]{1,500}$/), 0, 16)

const zoned = judged(subnets, (members) => sharedZones(members, 'a load balancer is in one subnet of a zone'))

const loadBalancer = object<FleetLoadBalancer>({
  scheme: optional(oneOf('internal', 'internet-facing'), 'internal'),
  subnets: optional(zoned, null),
  listeners: distinct(
    list(listener, 1, 50),
    ({ port: number, protocol }) => `${protocol === 'udp' ? 'udp' : 'tcp'} port ${number}`,
  ),
  allowedCidrs: distinct(list(network, 1, 40), (cidr) => cidr),
  domain: optional(
    object<NonNullable<FleetLoadBalancer['domain']>>({
      name: domainName,
      hostedZoneId: text(
        'the id of a Route 53 hosted zone such as Z0123456789ABCDEFGHIJ',
        /^Z[A-Z0-9]{7,31}$/,
      ),
    }),
    null,
  ),
})

const stated: Reader<Stated> = judged(
  object<Stated>({
    instanceType: optional(
      text('an EC2 instance type such as t4g.small', /^[a-z][a-z0-9-]{0,15}\.[a-z0-9-]{2,20}$/),
      't4g.small',
    ),
    min: optional(integer(1, 500), 2),
    max: optional(integer(1, 500), 4),
    desired: optional(integer(1, 500), null),
    subnets: optional(subnets, null),
    channel: optional(channelName, null),
    pollMs: optional(integer(200, 3_600_000), 1_000),
    healthPort: optional(port, 8_081),
    sessionManager: optional(boolean, true),
    commands: optional(commands, []),
    policyArns: optional(
      distinct(list(policyArn, 0, 8), (arn) => arn),
      [],
    ),
    loadBalancer,
  }),
  sizeProblems,
)

export const fleet: Reader<FleetConfig> = mapped(stated, (own) => ({
  ...own,
  desired: own.desired ?? own.min,
}))

function listenerProblems({ protocol, certificateArn: arn }: StatedListener): string[] {
  if (protocol === 'tls' && arn === null)
    return ['certificateArn: expected a certificate, because protocol is tls, got nothing']
  if (protocol !== 'tls' && arn !== null)
    return [
      `certificateArn: expected nothing, because protocol is ${protocol} and TLS ends at nginx, got ${arn}`,
    ]
  return []
}

function sizeProblems({ min, max, desired }: Stated): string[] {
  if (min > max) return [`min: expected at most max (${max}), got ${min}`]
  if (desired === null || (desired >= min && desired <= max)) return []
  return [`desired: expected from min (${min}) to max (${max}), got ${desired}`]
}
