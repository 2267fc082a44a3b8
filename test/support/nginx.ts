import type { TestContext } from 'node:test'
import { type Nginx, type NginxOptions, startNginx } from '../../local/nginx/start-nginx.ts'
import { testProcesses, testTools } from './tools.ts'

/** A real nginx host with empty entry files that goes with the test. */
export async function startTestNginx(
  t: TestContext,
  options: Omit<NginxOptions, 'nginx' | 'processes'> & Partial<Pick<NginxOptions, 'nginx'>> = {},
): Promise<Nginx> {
  const nginx = options.nginx ?? (await testTools()).nginx
  return startNginx({ processes: await testProcesses(t), ...options, nginx })
}
