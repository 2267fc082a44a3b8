import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { localConfig } from '../../../local/bundles/local-config.ts'
import { synthesize } from '../../../local/bundles/synthesize.ts'
import { eventually } from '../../support/eventually.ts'
import { testProcesses } from '../../support/tools.ts'

const places = {
  queueUrl: 'https://sqs.example/1/q',
  bucket: 'releases-0123',
  signingKeyArn: 'arn:aws:kms:key',
}
const clusterArn = 'arn:aws:ecs:eu-central-1:111122223333:cluster/main'

test('a synthesis ends with everything else, and leaves no folder behind', async (t) => {
  const processes = await testProcesses(t)
  const folder = await processes.temporaryFolder('assembly')
  const config = localConfig({ clusterArn, datacenter: 'dc1' })
  const done = synthesize(config, folder, places, processes)
  const refused = assert.rejects(done, /could not be synthesized/)
  const running = () => processes.running().some(({ name }) => name === 'synthesis')
  await eventually('the synthesis to run', running)
  await processes.stopAll()
  await refused
  assert.equal(existsSync(processes.root), false)
})

test('a stack that can not be synthesized says why', async (t) => {
  const processes = await testProcesses(t)
  const folder = await processes.temporaryFolder('assembly')
  const config = { ...localConfig({ clusterArn, datacenter: 'dc1' }), templates: '/there/is/none' }
  await assert.rejects(synthesize(config, folder, places, processes), /there.is.none/)
})
