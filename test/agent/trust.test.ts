import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { releaseWith } from '../support/bad-releases.ts'
import { confirmedId, reportOf, startRunningHost } from '../support/clocked-host.ts'

const refused: readonly [string, 'http' | 'stream', RegExp][] = [
  [
    'access_log /etc/cron.d/quayside;',
    'http',
    /line 1: "access_log \/etc\/cron\.d\/quayside" names a file .* outside/,
  ],
  ['error_log /etc/profile.d/x.sh;', 'stream', /more\.stream\.conf, line 1: .* outside/],
  ['proxy_temp_path /etc;', 'http', /outside/],
  ['load_module /tmp/x.so;', 'http', /is about the whole process/],
  ['include /tmp/*.conf;', 'stream', /lies outside/],
  [
    'server { location / { content_by_lua_block { os.execute("x") } } }',
    'http',
    /runs code|can't be checked/,
  ],
  ['server { listen unix:/tmp/quayside-test.sock; }', 'http', /socket file/],
  ['server { listen 127.0.0.1:1; ', 'http', /is never ended; so it can't be checked/],
]

test('what reaches beyond serving is refused before nginx reads it, though it is signed', async (t) => {
  const host = await startRunningHost(t)
  const confirmed = confirmedId(host)
  for (const [lines, context, reason] of refused) {
    await host.channel.publish(releaseWith(host.port, 'two', context, lines))
    const record = await host.cycle()
    assert.deepEqual([record.outcome, record.step], ['rejected', 'test'], lines)
    assert.match(record.reason, reason)
    assert.equal(reportOf(host).reason, record.reason)
  }
  assert.deepEqual([await host.get(), confirmedId(host)], ['one', confirmed])
})

test('the operator of a host may allow directives, folders, or everything that nginx -t accepts', async (t) => {
  const host = await startRunningHost(t)
  const folder = dirname(host.settings.nginx.errorLog)
  const lines = `proxy_cache_path "${folder}/cache" keys_zone=own:64k; access_log "${folder}/access.log";`
  await host.channel.publish(releaseWith(host.port, 'own logs', 'http', lines))
  const own = await host.cycle()
  assert.equal(own.outcome, 'installed', own.reason)
  await host.channel.publish(
    releaseWith(host.port, 'elsewhere', 'http', `access_log ${host.settings.stateDir}/x.log;`),
  )
  assert.equal((await host.cycle()).outcome, 'rejected')
  for (const allowed of [
    { writablePaths: [host.settings.stateDir] },
    { allowedDirectives: ['access_log'] },
    { allowedDirectives: ['*'] },
  ]) {
    const text = JSON.stringify(allowed).replaceAll('"', "'")
    await host.channel.publish(
      releaseWith(host.port, text, 'http', `access_log ${host.settings.stateDir}/x.log;`),
    )
    const agent = host.restartAgent({}, allowed)
    await agent.runCycle()
    assert.equal(await host.get(), text)
  }
})
