import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faults, releaseWith } from '../support/bad-releases.ts'
import { bothNginxes } from '../support/check-nginx.ts'
import { confirmedId, reportOf, startClockedHost } from '../support/clocked-host.ts'

for (const [name, find] of Object.entries(bothNginxes))
  test(`what passes nginx -t and fails at the reload is noticed, undone, told and remembered, on ${name}`, {
    concurrency: 7,
  }, async (t) => {
    const nginx = await find()
    const cases = faults.map((fault) =>
      t.test(`${fault.name}, in the ${fault.context} context`, async (t) => {
        const host = await startClockedHost(t, { nginx })
        const { good, bad } = await fault.prepare(t, host)
        await host.channel.publish(releaseWith(host.port, 'one', fault.context, good))
        assert.equal((await host.cycle()).outcome, 'installed')
        const [entry, configId] = [await host.entry(), confirmedId(host)]
        const release = (servers: readonly number[] = []) =>
          releaseWith(host.port, 'two', fault.context, bad, servers)
        const { layout } = await host.channel.publish(release())
        const record = await host.cycle()
        assert.deepEqual([record.outcome, record.step], ['rolled-back', 'confirm'])
        assert.match(record.reason, fault.reason)
        assert.match(record.reason, /(went on with|restored) configuration/)
        assert.equal(await host.entry(), entry)
        assert.equal(await host.get(), 'one')
        const report = reportOf(host)
        assert.deepEqual([report.outcome, report.applied?.configId], ['rolled-back', configId])
        assert.match(report.reason, fault.reason)
        assert.deepEqual(
          host.agent.status().state?.bad.map(({ id, failures }) => [id, failures]),
          [[layout.sha256, 1]],
        )
        const again = await host.cycle()
        assert.deepEqual([again.outcome, again.timings.reload], ['rejected', undefined])
        await host.channel.publish(release([host.settings.control.http]))
        assert.equal((await host.cycle()).outcome, 'endpoints', 'new addresses reach the confirmed layout')
        assert.equal(await host.get('/app'), '404')
        await host.nginx.restart()
        assert.equal(await host.get(), 'one', 'nginx starts from the files')
      }),
    )
    await Promise.all(cases)
  })
