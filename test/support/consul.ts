import type { TestContext } from 'node:test'
import { type Consul, type ConsulOptions, startConsul } from '../../local/consul/start-consul.ts'
import { testProcesses, testTools } from './tools.ts'

/** A real Consul server, over TLS unless the options say otherwise, that goes with the test. */
export async function startTestConsul(
  t: TestContext,
  options: Omit<ConsulOptions, 'consul' | 'processes'> = {},
): Promise<Consul> {
  const { consul } = await testTools()
  return startConsul({ consul, processes: await testProcesses(t), ...options })
}
