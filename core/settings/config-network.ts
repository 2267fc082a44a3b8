import { awsId } from './config-fields.ts'
import { distinct } from './fields.ts'
import { judged, list, object, oneOf, optional, type Reader, text } from './reader.ts'

/** A subnet of the operator's VPC; ids and not look-ups, so that synthesis needs no account. */
export type SubnetConfig = {
  readonly id: string
  readonly availabilityZone: string
}

export type FunctionSubnet = SubnetConfig & {
  /** Needed where the stack creates the gateway endpoint to S3. */
  readonly routeTableId: string | null
}

/** Where the functions run and how they get out. */
export type NetworkConfig = {
  readonly vpcId: string
  /** Private subnets, in which Consul is within reach. */
  readonly subnets: readonly FunctionSubnet[]
  /** Security groups of the functions; none means one of their own, which lets out to AWS and to Consul’s ports, or to all where those aren't stated. */
  readonly securityGroupIds: readonly string[]
  /** `existing`: the subnets reach AWS by themselves (NAT, endpoints); `endpoints`: this stack creates what is needed. */
  readonly egress: 'existing' | 'endpoints'
}

const members = {
  id: awsId('subnet'),
  availabilityZone: text('an availability zone such as eu-west-1a', /^[a-z]{2}-[a-z0-9-]{4,40}[a-z]$/),
}
const subnet = object<SubnetConfig>(members)
const functionSubnet = object<FunctionSubnet>({ ...members, routeTableId: optional(awsId('rtb'), null) })

export const subnets: Reader<readonly SubnetConfig[]> = distinct(list(subnet, 1, 16), ({ id }) => id)

/** AWS has an endpoint or a load balancer in at most one subnet of a zone. */
export function sharedZones(own: readonly SubnetConfig[], what: string): string[] {
  const zones = own.map(({ availabilityZone }) => availabilityZone)
  return zones.flatMap((zone, index) =>
    zones.indexOf(zone) < index
      ? [`[${index}].availabilityZone: expected each zone once, because ${what}, got ${zone} again`]
      : [],
  )
}

export const network: Reader<NetworkConfig> = judged(
  object<NetworkConfig>({
    vpcId: awsId('vpc'),
    subnets: distinct(list(functionSubnet, 1, 16), ({ id }) => id),
    securityGroupIds: optional(
      distinct(list(awsId('sg'), 0, 5), (id) => id),
      [],
    ),
    egress: optional(oneOf('existing', 'endpoints'), 'existing'),
  }),
  ({ subnets: own, egress }) => (egress === 'endpoints' ? endpointProblems(own) : []),
)

function endpointProblems(own: readonly FunctionSubnet[]): string[] {
  const lacking = own.flatMap(({ routeTableId }, index) =>
    routeTableId === null
      ? [
          `subnets[${index}].routeTableId: expected the subnet's route table, because egress is endpoints, got nothing`,
        ]
      : [],
  )
  const shared = sharedZones(own, 'an endpoint is in one subnet of a zone')
  return [...lacking, ...shared.map((problem) => `subnets${problem}`)]
}
