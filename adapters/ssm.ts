import {
  DescribeInstanceInformationCommand,
  type DescribeInstanceInformationCommandInput,
  SSMClient,
  type SSMClientConfig,
} from '@aws-sdk/client-ssm'
import type { HostAddresses } from '../core/task/ports.ts'
import { awsTimeouts, called } from './aws-errors.ts'
import { chunksOf } from './chunks.ts'

export type Ssm = {
  /** The address that each of these machines outside EC2 (`mi-…`) told Systems Manager; unknown ones are left out. */
  readonly managedAddresses: (ids: readonly string[]) => Promise<ReadonlyMap<string, HostAddresses>>
}

// A page holds at most this many.
const batch = 50

export function createSsm(config: SSMClientConfig = {}): Ssm {
  const client = new SSMClient({ ...awsTimeouts, ...config })
  return {
    managedAddresses: async (ids) => {
      const answers = await Promise.all(chunksOf(ids, batch).map((chunk) => describe(client, chunk)))
      return new Map(answers.flat())
    },
  }
}

async function describe(client: SSMClient, ids: string[]): Promise<readonly [string, HostAddresses][]> {
  const found: [string, HostAddresses][] = []
  const input: DescribeInstanceInformationCommandInput = {
    Filters: [{ Key: 'InstanceIds', Values: ids }],
    MaxResults: batch,
  }
  let token: string | undefined
  do {
    const page = await called('ssm:DescribeInstanceInformation', () =>
      client.send(new DescribeInstanceInformationCommand(token ? { ...input, NextToken: token } : input)),
    )
    for (const { InstanceId: id, IPAddress: address } of page.InstanceInformationList ?? []) {
      if (id && address) found.push([id, addressesOf(address)])
    }
    token = page.NextToken
  } while (token)
  return found
}

/** Systems Manager states one address, of either kind. */
function addressesOf(address: string): HostAddresses {
  return address.includes(':') ? { address: null, address6: address } : { address, address6: null }
}
