import type { PublishSettings } from './settings.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** A fifth of what ECS allows an account and region for ever; it tolerates bursts of many times that. */
export const defaultCallsPerSecond = 4

/** What holds where the operator says nothing. */
export const defaultPublishSettings: PublishSettings = {
  channel: 'current',
  canary: null,
  datacenters: [],
  listeners: [{ port: 80, protocol: 'http' }],
  networks: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
  defaultDomain: null,
  defaultServer: true,
  routes: [],
  owners: [],
  certificates: [],
  method: 'least_conn',
  keepalive: 32,
  workerShutdownTimeoutSeconds: 240,
  trustedKeys: [],
  pointerLifeMs: 72 * hour,
  guard: { holdForMs: minute, maxShrink: 0.5, minInstances: 1 },
  pace: {
    quietMs: 3 * second,
    debounceMinMs: second,
    debounceMaxMs: 10 * second,
    budgetBurst: 2,
    budgetEveryMs: 3 * second,
  },
}
