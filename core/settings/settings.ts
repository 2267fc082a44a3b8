import type { BalanceMethod } from '../release/layout.ts'

/** Where in the operator's Consul a cluster is registered; null is the default of the connection. */
export type ConsulScope = {
  readonly datacenter: string | null
  /** Consul Enterprise. */
  readonly namespace: string | null
  readonly partition: string | null
  /** The name of an entry of `tokens` in the Consul secret, never a token itself. */
  readonly token: string | null
}

/** One ECS cluster that this deployment registers. */
export type ClusterSettings = {
  readonly arn: string
  /** Put before every service name of the cluster; empty by default. */
  readonly servicePrefix: string
  /** Which of their addresses instances are registered with; `ipv4` by default. */
  readonly addressFamily: 'ipv4' | 'ipv6'
  /** Catalog entries and ledger of the cluster go there, both, because they are one transaction. */
  readonly consul: ConsulScope | null
  /** `forwarded`: they come from another account or region, by a rule of its operator; `here` by default. */
  readonly events?: 'here' | 'forwarded'
  /** The IAM role that is assumed for asking ECS, EC2 and SSM about this cluster; null or left out: the functions' own. */
  readonly role?: string | null
}

/** Where instances may live: addresses outside these networks are dropped and reported. */
export type Network = string

/** A port on which the hosts take traffic; `tls` is TCP whose TLS ends at nginx. */
export type ListenerSettings = {
  readonly port: number
  readonly protocol: 'http' | 'https' | 'tcp' | 'tls' | 'udp'
}

/** A certificate on the hosts, named by the operator: labels pick one by name or host, never by path. */
export type CertificateSettings = {
  readonly name: string
  readonly hosts: readonly string[]
  readonly cert: string
  readonly key: string
}

/** A route that the operator states; it wins over the labels of services. */
export type RouteSettings = {
  readonly host: string
  readonly path: string
  readonly service: string
  readonly port: number | null
}

/** Which services and clusters may claim a host name; the first match decides. */
export type OwnerSettings = {
  readonly host: string
  readonly clusters: readonly string[]
  readonly services: readonly string[]
}

export type GuardSettings = {
  /** How long foreign instances that vanished in a large loss are held, in milliseconds. */
  readonly holdForMs: number
  /** The part of a service's instances whose loss at once is a doubt, 0–1. */
  readonly maxShrink: number
  readonly minInstances: number
}

export type PaceSettings = {
  readonly quietMs: number
  readonly debounceMinMs: number
  readonly debounceMaxMs: number
  readonly budgetBurst: number
  readonly budgetEveryMs: number
}

/** New layouts are tried by the hosts of one channel before all others get them. */
export type CanarySettings = {
  /** The channel that always has the newest layout. */
  readonly channel: string
  /** How long a layout must do well there before it is promoted by itself; null: only by hand. */
  readonly soakMs: number | null
  /** Whether a layout that only adds routes is promoted at once. */
  readonly addsOnly: boolean
}

/** What the renderer and the publisher need to know; all of it is the operator's word and trusted. */
export type PublishSettings = {
  readonly channel: string
  /** null: the one channel always has the newest layout. */
  readonly canary: CanarySettings | null
  /** Datacenters whose services are routed too, besides that of the connection. */
  readonly datacenters: readonly string[]
  readonly listeners: readonly ListenerSettings[]
  readonly networks: readonly Network[]
  readonly defaultDomain: string | null
  readonly defaultServer: boolean
  readonly routes: readonly RouteSettings[]
  readonly owners: readonly OwnerSettings[]
  readonly certificates: readonly CertificateSettings[]
  readonly method: BalanceMethod
  readonly keepalive: number
  readonly workerShutdownTimeoutSeconds: number
  /** PEM of earlier signing keys, whose pointers are signed again with the one of now after it was replaced. */
  readonly trustedKeys: readonly string[]
  /** How long a signed pointer is good for; it is signed again after a third of it. */
  readonly pointerLifeMs: number
  readonly guard: GuardSettings
  readonly pace: PaceSettings
}

/** Where Consul is, as far as the operator's file says it and not the secret. */
export type ConsulServers = {
  /** `http(s)://host:port` of the servers, or of a DNS name that leads to them; null: the secret has them. */
  readonly addresses: readonly string[] | null
  /** The name in the servers' certificates; null: that of the address, unless the secret says another. */
  readonly serverName: string | null
}

/** Everything that the functions are told; the stack writes it. */
export type FunctionSettings = {
  /** The id of this installed stack; it owns its catalog entries and signs its channels. */
  readonly deployment: string
  /** KV prefix in Consul, without slashes at its ends. */
  readonly prefix: string
  readonly datacenter: string
  readonly clusters: readonly ClusterSettings[]
  /** Secrets Manager id of `{addresses?, token?, tokens?, ca?, cert?, key?, serverName?}`. */
  readonly consulSecret: string
  /** Left out: the secret says it all. */
  readonly consulServers?: ConsulServers
  readonly queueUrl: string
  readonly bucket: string
  /** KMS key id or ARN of the Ed25519 signing key. */
  readonly signingKey: string
  readonly publish: PublishSettings
  /** How often a reconcile pass asks ECS at most; what others of the account ask comes on top. */
  readonly reconcileCallsPerSecond: number
}
