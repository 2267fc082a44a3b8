import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLedgerFolder } from '../../../adapters/consul/ledger.ts'
import { ledgerFolder } from '../../../core/ledger/keys.ts'
import { createHandler } from '../../../functions/reconcile/handler.ts'
import { createMemoryConsul } from '../../support/memory-consul/create-memory-consul.ts'
import { cluster, fakeAws, prefix, registerDeps } from '../../support/register.ts'

test('a task that is being stopped is recorded although no event told of it, so that a late start finds its stop', async () => {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  aws.tasks.set('t1', { lastStatus: 'RUNNING', desiredStatus: 'STOPPED' })
  await createHandler(registerDeps(consul, aws))({}, { getRemainingTimeInMillis: () => 20_000 })
  const ledger = await readLedgerFolder(consul, ledgerFolder(prefix, cluster))
  assert.equal(ledger.get('t1')?.entry.phase, 'draining')
})
