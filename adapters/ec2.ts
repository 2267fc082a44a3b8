import { DescribeInstancesCommand, EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2'
import type { HostAddresses } from '../core/task/ports.ts'
import { awsTimeouts, called } from './aws-errors.ts'
import { chunksOf } from './chunks.ts'

export type Ec2 = {
  /** Private addresses per instance id; instances that EC2 doesn't know (yet), or that have none, are left out. */
  readonly hostAddresses: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, HostAddresses>>
  /** Those of the instances that are running: neither being stopped nor yet starting. */
  readonly runningInstances: (instanceIds: readonly string[]) => Promise<ReadonlySet<string>>
}

// A filter takes at most 200 values.
const batch = 200

export function createEc2(config: EC2ClientConfig = {}): Ec2 {
  const client = new EC2Client({ ...awsTimeouts, ...config })
  return {
    hostAddresses: async (instanceIds) => {
      const found = await describeAll(client, instanceIds)
      const reached = found.filter(({ address, address6 }) => address !== null || address6 !== null)
      return new Map(reached.map(({ id, address, address6 }) => [id, { address, address6 }]))
    },
    runningInstances: async (instanceIds) => {
      const found = await describeAll(client, instanceIds)
      return new Set(found.filter(({ state }) => state === 'running').map(({ id }) => id))
    },
  }
}

type Found = HostAddresses & { readonly id: string; readonly state: string | null }

async function describeAll(client: EC2Client, ids: readonly string[]): Promise<readonly Found[]> {
  return (await Promise.all(chunksOf(ids, batch).map((chunk) => describe(client, chunk)))).flat()
}

/** By filter and never by id list: one id that isn't known yet would fail the call, and no id at all would list everything. */
async function describe(client: EC2Client, ids: string[]): Promise<readonly Found[]> {
  const found: Found[] = []
  let token: string | undefined
  do {
    const input = { Filters: [{ Name: 'instance-id', Values: ids }], ...(token ? { NextToken: token } : {}) }
    const page = await called('ec2:DescribeInstances', () => client.send(new DescribeInstancesCommand(input)))
    for (const instance of (page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
      const {
        InstanceId: id,
        PrivateIpAddress: address = null,
        Ipv6Address: address6 = null,
        State,
      } = instance
      if (id) found.push({ id, address, address6, state: State?.Name ?? null })
    }
    token = page.NextToken
  } while (token)
  return found
}
