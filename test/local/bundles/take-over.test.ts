import assert from 'node:assert/strict'
import { appendFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lambdaContext } from '../../../local/aws/lambda/context.ts'
import { deployFunction } from '../../../local/aws/lambda/sandboxes.ts'
import { consulSecret, localConfig } from '../../../local/bundles/local-config.ts'
import type { TemplateFunction } from '../../../local/bundles/read-template.ts'
import { synthesize } from '../../../local/bundles/synthesize.ts'
import { startCloud } from '../../../local/cloud.ts'
import { bucket } from '../../../local/settings.ts'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { consulAccess } from '../../support/publisher.ts'
import { testProcesses } from '../../support/tools.ts'

/** The publish function of a synthesized stack, with everything that it talks to. */
async function openStage(t: TestContext) {
  const [consul, processes] = await Promise.all([startTestConsul(t), testProcesses(t)])
  const secrets = { [consulSecret]: JSON.stringify(consulAccess(consul)) }
  const cloud = await startCloud({ processes, hosts: [], graceSeconds: 0, secrets, onDropped: () => {} })
  t.after(() => cloud.close())
  const { clusterArn } = cloud.ecs
  const folder = await processes.temporaryFolder('assembly')
  const places = { queueUrl: cloud.sqs.queueUrl, bucket, signingKeyArn: cloud.signing.keyArn }
  const config = localConfig({ clusterArn, datacenter: consul.datacenter })
  const { publish } = await synthesize(config, folder, places, processes)
  const start = (version: TemplateFunction) => {
    const lines: string[] = []
    const environment = { ...cloud.environment, ...version.environment }
    const fn = deployFunction({ ...version, environment }, { processes, onLine: (line) => lines.push(line) })
    t.after(() => fn.close())
    const done = fn.invoke({}, lambdaContext('publish', version.timeoutMs))
    done.catch(() => {})
    return { lines, done, says: (event: string) => lines.some((line) => line.includes(`"event":"${event}"`)) }
  }
  return { publish, folder, start }
}

test('a publisher of a newer bundle takes over within seconds, and the one before leaves of itself', async (t) => {
  const { publish, folder, start } = await openStage(t)
  const before = start(publish)
  await eventually('the first release', () => before.says('published'), 60_000)
  const newer = { ...publish, folder: join(folder, 'newer') }
  await cp(publish.folder, newer.folder, { recursive: true })
  await appendFile(join(newer.folder, 'index.mjs'), '\n// a newer version')
  const startedAt = Date.now()
  const after = start(newer)
  await eventually('the newer one to lead', () => after.says('became-leader'), 60_000)
  t.diagnostic(`the newer publisher leads ${Date.now() - startedAt} ms after its start`)
  const { outcome } = (await before.done) as { readonly outcome: string }
  assert.equal(outcome, 'led')
})
