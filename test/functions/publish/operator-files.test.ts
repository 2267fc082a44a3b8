import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from '../../support/eventually.ts'
import { backend, startPublishedHost } from '../../support/published-host.ts'
import { currentRelease, pin } from '../../support/publisher.ts'
import { tutorial } from '../../support/tutorial.ts'

suite('templates of operators from Consul to nginx', { concurrency: true }, () => {
  test("the tutorials' template is published and served, and follows starts, stops, none at all, and a Consul that lost everything", async (t) => {
    const { consul, s3, catalog, port, publish, answers } = await startPublishedHost(t)
    const [one, two] = [await backend(t, 'one'), await backend(t, 'two')]
    await catalog.task('nginx', 'one', one.port, { ...one.options, tags: [] })
    const publisher = publish({ 'tutorial.http': tutorial(port) })
    await answers('one')
    const { layout } = currentRelease(s3)!.pointer
    await catalog.task('nginx', 'two', two.port, two.options)
    await answers('one', 'two')
    await catalog.gone('nginx', 'one')
    await answers('two')
    await catalog.gone('nginx', 'two')
    await answers('502')
    await catalog.task('nginx', 'one', one.port, { ...one.options, tags: [] })
    await answers('one')
    assert.equal(currentRelease(s3)!.pointer.layout.sha256, layout.sha256)
    await consul.restart()
    await eventually('the hold', () => publisher.log.some(({ event }) => event === 'publish-held'))
    await answers('one')
  })

  test('a file that a key drives follows it, and stays as it is while the key is away', async (t) => {
    const { catalog, port, publish, answers } = await startPublishedHost(t)
    const text = `server {
    listen 127.0.0.1:${port};
    location / { return 200 {{quoted (key "site/greeting")}}; }
}`
    await catalog.key('site/greeting', 'hello')
    const publisher = publish({ 'site.http': text })
    await answers('hello')
    // A first release waits for what its templates turn out to read.
    assert.equal(publisher.log.filter(({ event }) => event === 'published').length, 1)
    await catalog.key('site/greeting', 'good day')
    await answers('good day')
    await catalog.key('site/greeting', null)
    await eventually('the problem', () =>
      publisher.log.some(({ fields }) => /template site\.http waits: key/.test(String(fields.problem))),
    )
    await answers('good day')
    await catalog.key('site/greeting', 'again')
    await answers('again')
  })

  test("a pinned layout's file follows its service by the template of then, also for a publisher that has another one", async (t) => {
    const { s3, catalog, port, publish, answers } = await startPublishedHost(t)
    const [one, two] = [await backend(t, 'one'), await backend(t, 'two')]
    await catalog.task('nginx', 'one', one.port, one.options)
    const first = publish({ 'tutorial.http': tutorial(port) })
    await answers('one')
    const { layout } = currentRelease(s3)!.pointer
    await pin(s3, { layout: layout.sha256, reason: 'a test', frozen: false })
    await first.stop()
    publish({ 'tutorial.http': `server { listen 127.0.0.1:${port}; return 200 new; }` }, 'two')
    await catalog.task('nginx', 'two', two.port, two.options)
    await answers('one', 'two')
    await catalog.gone('nginx', 'one')
    await answers('two')
    await catalog.gone('nginx', 'two')
    await answers('502')
    await catalog.task('nginx', 'one', one.port, one.options)
    await answers('one')
    assert.equal(currentRelease(s3)!.pointer.layout.sha256, layout.sha256)
  })

  test('a template that is wrong leaves its file as it is in force, with the instances of today, and is told', async (t) => {
    const { catalog, port, publish, answers } = await startPublishedHost(t)
    const [one, two] = [await backend(t, 'one'), await backend(t, 'two')]
    await catalog.task('nginx', 'one', one.port, one.options)
    const first = publish({ 'tutorial.http': tutorial(port) })
    await answers('one')
    await first.stop()
    const second = publish({ 'tutorial.http': `${tutorial(port)}{{#servce "nginx"}}{{/servce}}` }, 'two')
    await eventually('the problem', () =>
      second.log.some(({ fields }) =>
        /template tutorial\.http, line 13: .*servce/.test(String(fields.problem)),
      ),
    )
    await catalog.task('nginx', 'two', two.port, two.options)
    await answers('one', 'two')
  })

  test('a file that nginx would refuse beside the others is not published, and they are', async (t) => {
    const { catalog, port, own, publish, answers } = await startPublishedHost(t)
    const one = await backend(t, 'one')
    await catalog.task('nginx', 'one', one.port, one.options)
    const publisher = publish({
      'a.http': tutorial(port),
      'b.http': 'upstream tutorial { {{#service "nginx"}}server {{HostPort}};{{/service}} }',
      'c.http': `server { listen ${own} default_server; }`,
      'd.http': 'upstream quayside_mine { server 127.0.0.1:1; }',
    })
    await answers('one')
    const told = publisher.log.map(({ fields }) => String(fields.problem)).join('\n')
    assert.match(told, /operator\/b\.http\.conf: http upstream tutorial is in operator\/a\.http\.conf too/)
    assert.match(told, /operator\/c\.http\.conf: http default server on \d+ is in Quayside's own/)
    assert.match(told, /operator\/d\.http\.conf: line 1 defines quayside_mine/)
  })

  test('a file of the stream context serves connections, and follows its service', async (t) => {
    const { catalog, port, publish, answers } = await startPublishedHost(t)
    const [one, two] = [await backend(t, 'one'), await backend(t, 'two')]
    await catalog.task('nginx', 'one', one.port, { ...one.options, tags: [] })
    publish({
      'tcp.stream': `upstream tcp { {{#service "nginx"}}server {{HostPort}};{{/service}} }
server { listen 127.0.0.1:${port}; proxy_pass tcp; }`,
    })
    await answers('one')
    await catalog.task('nginx', 'two', two.port, two.options)
    await catalog.gone('nginx', 'one')
    await answers('two')
  })
})
