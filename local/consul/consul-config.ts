/** Files in PEM. */
export interface ServerCertificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Ports of one agent; a protocol without one is off. */
export interface ConsulPorts {
  readonly https?: number
  readonly http?: number
  readonly dns?: number
  /** Consul's own RPC and gossip; a server can't be without them. */
  readonly server: number
  readonly serf: number
  /** Gossip between datacenters. */
  readonly serfWan?: number
}

export interface ConsulConfigInput {
  readonly version: string
  readonly datacenter: string
  readonly nodeName: string
  readonly dataDir: string
  /** Keeps everything in memory: a restart then is a wiped Consul. */
  readonly dev: boolean
  readonly ports: ConsulPorts
  readonly certificate?: ServerCertificate
  readonly verifyClients: boolean
  /** The token with all rights; with it, ACLs are on and deny by default. */
  readonly managementToken?: string
  /** How many connections one client may hold; Consul's own limit (200 since 1.6) where it isn't given. */
  readonly connectionsPerClient?: number
}

const off = -1

/** Whether `version` ("1.8.7") is at least `wanted` ("1.12"). */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, need] = [version, wanted].map((text) => text.split('.').map(Number))
  for (let index = 0; index < 3; index += 1) {
    const difference = (have?.[index] ?? 0) - (need?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/**
 * The configuration of a single-node server on loopback, in the words of its version: Consul 1.12 moved the TLS settings into `tls`,
 * 1.11 renamed the `master` token, 1.9 moved the UI's switch, and 1.14 added a second gRPC port that must be switched off.
 */
export function consulConfig(input: ConsulConfigInput): Record<string, unknown> {
  const { version, ports, certificate, managementToken } = input
  return {
    server: true,
    datacenter: input.datacenter,
    primary_datacenter: input.datacenter,
    node_name: input.nodeName,
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    ports: {
      http: ports.http ?? off,
      https: ports.https ?? off,
      dns: ports.dns ?? off,
      grpc: off,
      ...(isAtLeast(version, '1.14') ? { grpc_tls: off } : {}),
      server: ports.server,
      serf_lan: ports.serf,
      serf_wan: ports.serfWan ?? off,
    },
    ...(input.dev ? {} : { data_dir: input.dataDir, bootstrap: true, performance: { raft_multiplier: 1 } }),
    ...(isAtLeast(version, '1.9') ? { ui_config: { enabled: true } } : { ui: true }),
    disable_update_check: true,
    disable_host_node_id: true,
    log_level: 'WARN',
    ...(input.connectionsPerClient === undefined
      ? {}
      : { limits: { http_max_conns_per_client: input.connectionsPerClient } }),
    ...(certificate === undefined ? {} : tlsConfig(version, certificate, input.verifyClients)),
    ...(managementToken === undefined ? {} : aclConfig(version, managementToken)),
  }
}

function tlsConfig(version: string, { ca, cert, key }: ServerCertificate, verifyClients: boolean) {
  if (!isAtLeast(version, '1.12')) {
    return {
      ca_file: ca,
      cert_file: cert,
      key_file: key,
      verify_outgoing: true,
      verify_server_hostname: true,
      verify_incoming_rpc: true,
      verify_incoming_https: verifyClients,
    }
  }
  return {
    tls: {
      defaults: { ca_file: ca, cert_file: cert, key_file: key, verify_outgoing: true, verify_incoming: true },
      https: { verify_incoming: verifyClients },
      internal_rpc: { verify_server_hostname: true },
    },
  }
}

function aclConfig(version: string, token: string) {
  const name = isAtLeast(version, '1.11') ? 'initial_management' : 'master'
  return {
    acl: {
      enabled: true,
      default_policy: 'deny',
      enable_token_persistence: false,
      // The agent needs a token of its own to register its node.
      tokens: { [name]: token, agent: token },
    },
  }
}
