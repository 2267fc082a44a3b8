import type { TestContext } from 'node:test'
import { type Nginx, type NginxOptions, startNginx } from '../../local/nginx/start-nginx.ts'
import { testProcesses, testTools } from './tools.ts'

/** A real nginx host with empty entry files that goes with the test. */
export async function startTestNginx(
  t: TestContext,
  options: Omit<NginxOptions, 'nginx' | 'processes'> = {},
): Promise<Nginx> {
  const { nginx } = await testTools()
  return startNginx({ nginx, processes: await testProcesses(t), ...options })
}
