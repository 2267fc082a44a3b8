import { isAddressLiteral } from '../release/address.ts'
import {
  hiddenText,
  judged,
  list,
  number,
  object,
  oneOf,
  openText,
  optional,
  type Reader,
  reader,
  report,
  text,
} from './reader.ts'
import type { ClusterSettings, ConsulScope } from './settings.ts'
import { shown } from './shown.ts'

/** Readers of single values that the operator's file and the functions' environment have in common. */
export const deploymentId = text(
  'a deployment id of 1 to 31 lower-case letters, digits and hyphens, beginning with a letter',
  /^[a-z][a-z0-9-]{0,30}$/,
)

export const keyPrefix = openText(
  'a Consul KV prefix such as quayside or apps/quayside, without slashes at its ends',
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,4}$/,
)

/** Consul lower-cases datacenter names and allows these characters only. */
export const datacenter = openText('a Consul datacenter such as dc1', /^[a-z0-9_-]{1,64}$/)

export const bucketName = text('an S3 bucket name', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)

/** Never shown in a problem: people paste the secret itself where its id belongs. */
export const secretId = hiddenText(
  'the name or ARN of a Secrets Manager secret (never a token itself)',
  /^(?![0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-)(?!(hv[sbr]|[sbr])\.)(?!(AKIA|ASIA)[A-Z0-9]{16}$)(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[A-Za-z0-9/_+=.@!-]{1,512}$/,
)

/** Names become parts of file names and nginx variables on the hosts. */
export const channelName = openText(
  'a channel name of letters, digits, - and _',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
)

export const hostName = text(
  'a host name such as www.example.com or *.example.com',
  /^(?=.{1,253}$)(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*$/,
)

/** Ed25519, as `openssl pkey -pubout` and KMS's console show it. */
export const publicKey = hiddenText(
  'an Ed25519 public key in PEM, from -----BEGIN PUBLIC KEY----- to its end',
  /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=]{60}\n-----END PUBLIC KEY-----\n?$/,
)

/** What service names are put before, so it begins with no wildcard. */
export const domainName = text(
  'a domain such as example.com',
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*$/,
)

export const filePath = text('an absolute path without spaces or quotes', /^\/[A-Za-z0-9_./@+-]{1,255}$/)

/** A path prefix of requests: printable, and nothing that could end an nginx token. */
export const requestPath = text('a path that begins with /', /^\/[A-Za-z0-9_.~!@%&=:,+*/-]{0,255}$/)

export const serviceName = text('a service name', /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,127})$/)

/** An address with a prefix length, IPv4 or IPv6. Its pattern is for editors, which can't judge more. */
export const network: Reader<string> = reader(
  { type: 'string', pattern: '^[0-9a-fA-F.:]+/[0-9]{1,3}$' },
  (value, at, problems) =>
    typeof value === 'string' && isNetwork(value)
      ? value
      : report(problems, at, 'a network such as 10.0.0.0/8 or fc00::/7', shown(value)),
)

export const callsPerSecond = number(0.1, 20)

const clusterArn = text(
  'an ECS cluster ARN such as arn:aws:ecs:eu-west-1:123456789012:cluster/web',
  /^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/[A-Za-z0-9_-]{1,255}$/,
)

const roleArn = text(
  'the ARN of an IAM role such as arn:aws:iam::123456789012:role/quayside-reader',
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
)

/** Consul Enterprise's rule for namespaces and partitions. */
const consulName = openText(
  'a name of letters, digits and hyphens',
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/,
)

// Anything that looks like a token is refused and not shown: it belongs into the secret.
const tokenName = hiddenText(
  'the name of a token in the Consul secret\'s "tokens" (a token itself is never written here)',
  /^(?![0-9a-fA-F]{8}-[0-9a-fA-F]{4}-)(?!(AKIA|ASIA)[A-Z0-9]{16}$)[A-Za-z][A-Za-z0-9_-]{0,62}$/,
)

const consulScope: Reader<ConsulScope> = object<ConsulScope>({
  datacenter: optional(datacenter, null),
  namespace: optional(consulName, null),
  partition: optional(consulName, null),
  token: optional(tokenName, null),
})

export const cluster: Reader<ClusterSettings> = object<ClusterSettings>({
  arn: clusterArn,
  servicePrefix: optional(openText('letters, digits and hyphens', /^[A-Za-z0-9-]{0,40}$/), ''),
  addressFamily: optional(oneOf('ipv4', 'ipv6'), 'ipv4'),
  consul: optional(consulScope, null),
  events: optional(oneOf('here', 'forwarded'), 'here'),
  role: optional(roleArn, null),
})

/** The permissions of more don't fit into a policy of IAM's. */
const mostClusters = 60

/**
 * Each once, in lower case as in Consul: two clusters whose names differ in nothing else would share a node and a ledger.
 */
export const clusters: Reader<readonly ClusterSettings[]> = distinct(
  list(cluster, 1, mostClusters),
  ({ arn }) => arn.toLowerCase(),
)

/** Refuses a list in which two members are the same thing; `key` says what makes them so. */
export function distinct<T>(own: Reader<readonly T[]>, key: (member: T) => string): Reader<readonly T[]> {
  return judged(own, (members) => {
    const seen = new Set<string>()
    return members.flatMap((member, index) => {
      const name = key(member)
      if (seen.has(name)) return [`[${index}]: expected each member once, got ${name} again`]
      seen.add(name)
      return []
    })
  })
}

function isNetwork(value: string): boolean {
  const [address = '', bits = '', ...rest] = value.split('/')
  const most = address.includes(':') ? 128 : 32
  return rest.length === 0 && isAddressLiteral(address) && /^\d{1,3}$/.test(bits) && Number(bits) <= most
}
