import { publishMeanings } from './publish-meanings.ts'

/** What a key means, in a sentence or two, and a value that it may have. */
export type Meaning = readonly [meaning: string, example?: unknown]

const subnets = (at: string, of: string): Readonly<Record<string, Meaning>> => ({
  [`${at}[].id`]: [`A subnet of ${of}.`, 'subnet-0123456789abcdef0'],
  [`${at}[].availabilityZone`]: ['The zone that the subnet is in.', 'eu-west-1a'],
})

const ofFunction = (name: string, throttled: string): Readonly<Record<string, Meaning>> => ({
  [`functions.${name}`]: [`The ${name} function.`],
  [`functions.${name}.memoryMb`]: ['Its memory in MB; CPU grows with it.', 512],
  [`functions.${name}.reservedConcurrency`]: [
    `How many of it run at most, taken out of the account's common limit. null: the common limit alone, which is 10 in a new account, of which nothing can be reserved. ${throttled}`,
    null,
  ],
})

const fleetMeanings: Readonly<Record<string, Meaning>> = {
  fleet: [
    'nginx hosts that the stack runs itself: Amazon Linux 2023 in an autoscaling group behind a network load balancer. Left out: the hosts are yours.',
  ],
  'fleet.instanceType': ['The EC2 type of the hosts, x86 or ARM.', 't4g.small'],
  'fleet.min': ['The fewest hosts.', 2],
  'fleet.max': ['The most hosts.', 4],
  'fleet.desired': ['How many hosts to begin with, from `min` to `max`; null: `min`.', 2],
  'fleet.subnets': ['Where the hosts run; null: in `network.subnets`.'],
  ...subnets('fleet.subnets', 'the VPC'),
  'fleet.channel': ['The channel that the hosts follow; null: `publish.channel`.', 'current'],
  'fleet.pollMs': [
    'How often each host asks for a new release, in milliseconds; 1 s costs about $1 per host and month.',
    1000,
  ],
  'fleet.healthPort': [
    'Where nginx answers the load balancer’s health checks; none of `publish.listeners`, nor 8053, 8098 and 8099.',
    8081,
  ],
  'fleet.sessionManager': [
    'Whether people get onto the hosts through Session Manager. There are no SSH keys.',
    true,
  ],
  'fleet.commands': [
    'Lines of shell that each host runs as root before nginx is started, such as those that fetch certificates; one that fails ends the launch. They stand in the template: no secrets.',
    ['install -d -m 700 /etc/nginx/tls', 'aws s3 cp --recursive s3://my-certificates/ /etc/nginx/tls/'],
  ],
  'fleet.commands[]': ['A line of shell.', 'install -d -m 700 /etc/nginx/tls'],
  'fleet.policyArns': [
    'Managed policies of yours that the hosts have besides, for what the commands need.',
    ['arn:aws:iam::123456789012:policy/read-certificates'],
  ],
  'fleet.policyArns[]': ['A managed policy.', 'arn:aws:iam::123456789012:policy/read-certificates'],
  'fleet.loadBalancer': ['The network load balancer in front of the hosts.'],
  'fleet.loadBalancer.scheme': ['Whether it has public addresses.', 'internal'],
  'fleet.loadBalancer.subnets': ['Where it is, one subnet for each zone of the hosts; null: in the fleet’s.'],
  ...subnets('fleet.loadBalancer.subnets', 'the VPC; a public one if the scheme is internet-facing'),
  'fleet.loadBalancer.listeners': ['Its ports, each once.'],
  'fleet.loadBalancer.listeners[].port': ['The port that clients use.', 443],
  'fleet.loadBalancer.listeners[].protocol': [
    '`tcp` passes everything through, TLS too, which then ends at nginx; `tls` ends here, with `certificateArn`; `udp` is UDP.',
    'tcp',
  ],
  'fleet.loadBalancer.listeners[].targetPort': [
    'The port of nginx, one of `publish.listeners`; null: the same.',
    443,
  ],
  'fleet.loadBalancer.listeners[].certificateArn': [
    'A certificate of ACM in this account and region, for `tls` only.',
    'arn:aws:acm:eu-west-1:123456789012:certificate/0f0f0f0f-0000-4000-8000-0123456789ab',
  ],
  'fleet.loadBalancer.allowedCidrs': ['The networks of the clients that may connect.', ['10.0.0.0/8']],
  'fleet.loadBalancer.allowedCidrs[]': ['A network.', '10.0.0.0/8'],
  'fleet.loadBalancer.domain': [
    'A name that leads to the load balancer, as an alias record that the stack makes.',
  ],
  'fleet.loadBalancer.domain.name': ['The name.', 'apps.example.com'],
  'fleet.loadBalancer.domain.hostedZoneId': [
    'The Route 53 zone that the name is in.',
    'Z0123456789ABCDEFGHIJ',
  ],
}

const consulMeanings: Readonly<Record<string, Meaning>> = {
  consul: ['Your Consul. Whatever is secret about it is in Secrets Manager and never here.'],
  'consul.secret': [
    'Name or ARN of the secret with `token`, `ca`, `cert`, `key`, `tokens`, and `addresses` and `serverName` unless they are here.',
    'quayside/consul',
  ],
  'consul.secretKeyArn': [
    'The customer-managed KMS key that encrypts the secret, if it isn’t AWS’s own.',
    'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab',
  ],
  'consul.addresses': [
    'The servers, or a DNS name that leads to them, with scheme and port; null: the secret has them. These win over the secret’s.',
    ['https://consul.internal:8501'],
  ],
  'consul.addresses[]': [
    '`http(s)://host:port`, tried in turn when one fails.',
    'https://consul.internal:8501',
  ],
  'consul.serverName': [
    'The name in the servers’ certificates, where it isn’t that of the address.',
    'server.dc1.consul',
  ],
  'consul.datacenter': ['The datacenter that services are registered in.', 'dc1'],
  'consul.prefix': ['What the keys of the ledger, of locks and of the epoch begin with.', 'quayside'],
  'consul.securityGroupId': [
    'Consul’s own security group: the stack lets its functions in, on the ports of `addresses`, which have to be stated then.',
    'sg-0123456789abcdef0',
  ],
}

/** By the path of the key, where `[]` is any member of a list. */
export const configMeanings: Readonly<Record<string, Meaning>> = {
  $schema: ['Where editors find this schema; Quayside itself doesn’t look at it.', './quayside.schema.json'],
  deployment: [
    'The id of this installed stack. It owns its entries in Consul and signs its channels, so it stays.',
    'production',
  ],
  account: ['The account of the stack, as text; null: that of the first cluster.', '123456789012'],
  region: ['The region of the stack; null: that of the first cluster.', 'eu-west-1'],
  clusters: ['The ECS clusters to follow, each once. One cluster belongs to one deployment.'],
  'clusters[].arn': ['The cluster.', 'arn:aws:ecs:eu-west-1:123456789012:cluster/web'],
  'clusters[].servicePrefix': ['Put before the name of each of its services.', 'jobs-'],
  'clusters[].addressFamily': ['Which of their addresses instances are registered with.', 'ipv4'],
  'clusters[].consul': ['A part of your Consul for this cluster alone.'],
  'clusters[].consul.datacenter': ['The datacenter; null: `consul.datacenter`.', 'dc2'],
  'clusters[].consul.namespace': ['The namespace (Consul Enterprise).', 'team-a'],
  'clusters[].consul.partition': ['The admin partition (Consul Enterprise).', 'shared'],
  'clusters[].consul.token': ['The name of a token in the secret’s `tokens`, never a token itself.', 'shop'],
  'clusters[].events': [
    '`forwarded` for a cluster of another account or region, once a rule there forwards its events here (below).',
    'here',
  ],
  'clusters[].role': [
    'For a cluster of another account: the IAM role there that register and reconcile assume to ask ECS, EC2 and SSM (below).',
    'arn:aws:iam::210987654321:role/quayside-reader',
  ],
  ...consulMeanings,
  network: [
    'Where the functions run and how they get out. Ids and not look-ups, so that synthesis needs no account.',
  ],
  'network.vpcId': ['Your VPC.', 'vpc-0123456789abcdef0'],
  'network.subnets': [
    'Private subnets from which Consul is within reach; two zones or more outlive the loss of one.',
  ],
  ...subnets('network.subnets', 'the VPC'),
  'network.subnets[].routeTableId': [
    'The subnet’s route table, for the gateway endpoint to S3; needed if `egress` is `endpoints`.',
    'rtb-0123456789abcdef0',
  ],
  'network.securityGroupIds': [
    'Security groups of the functions; none: one is made, that lets out to AWS and Consul, or to anywhere while `consul.addresses` aren’t stated. Name some where the VPC has DNS servers of its own.',
    [],
  ],
  'network.securityGroupIds[]': ['A security group of the VPC.', 'sg-0123456789abcdef0'],
  'network.egress': [
    '`existing`: the subnets reach AWS’s APIs by themselves (NAT, endpoints of yours); `endpoints`: the stack makes exactly those that the functions need.',
    'endpoints',
  ],
  ...publishMeanings,
  templates: [
    'A folder of templates of your own, relative to this file (docs/templates.md).',
    'nginx-templates',
  ],
  reconcile: ['The comparison of ECS with Consul.'],
  'reconcile.callsPerSecond': [
    'How often it calls ECS at most. The account has 20 a second for everybody.',
    4,
  ],
  functions: ['The four Lambda functions.'],
  ...ofFunction('register', 'At least 5, the batches that its queue hands out at a time.'),
  ...ofFunction('reconcile', ''),
  ...ofFunction('publish', 'At least 3: a leader, its successor, and a look at both.'),
  ...ofFunction('sweep', ''),
  logs: ['The functions’ logs.'],
  'logs.retentionDays': ['How long CloudWatch keeps them.', 30],
  releases: ['The bucket of the releases.'],
  'releases.removalPolicy': [
    'What becomes of the bucket when the stack is destroyed: `retain` keeps it, and hosts go on serving from it; `destroy` removes it if it is empty.',
    'retain',
  ],
  alarms: ['Where alarms go. With neither, they only change colour.'],
  'alarms.email': [
    'An address: the stack makes a topic, and AWS asks the address to confirm.',
    'ops@example.com',
  ],
  'alarms.topicArn': [
    'An SNS topic of this region that exists; not beside `email`.',
    'arn:aws:sns:eu-west-1:123456789012:on-call',
  ],
  ...fleetMeanings,
}
