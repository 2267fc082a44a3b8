import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { askAgent } from '../../agent/commands/ask-agent.ts'
import { runCommand } from '../../agent/commands/commands.ts'
import { agentVersion } from '../../agent/version.ts'
import { type AgentHost, startAgentHost, webRelease } from '../support/agent-host.ts'
import { type AgentProgram, agentProgram } from '../support/agent-program.ts'
import { servedCertificate, startSite } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { tempDir } from '../support/tmp.ts'

/** A host whose agent runs as a program of its own and has taken a release into use. */
async function runningProgram(host: AgentHost, program: AgentProgram, inServer = '') {
  await host.channel.publish(webRelease(host.port, 'one', { inServer }))
  const child = program.start()
  await eventually('the release is served', async () => (await host.get()) === 'one')
  await eventually('the agent is at rest', async () => (await program.run('status')).code === 0)
  return child
}

test('status tells what runs, reload and SIGHUP load it again, and without an agent the state file speaks', async (t) => {
  const host = await startAgentHost(t)
  const { site, second, put } = await startSite(t)
  const program = await agentProgram(t, host)
  const inServer = `listen 127.0.0.1:${host.sparePort} ssl; ssl_certificate ${site.cert}; ssl_certificate_key ${site.key};`
  const child = await runningProgram(host, program, inServer)
  const told = await program.run('status')
  assert.match(told.out, /^agent: +follows its channel$/m)
  assert.match(told.out, /^applied: +generation \d+, release [0-9a-f]{12}, configuration [0-9a-f]{12}$/m)
  const before = await servedCertificate(host.sparePort)
  await put(second)
  const reloaded = await program.run('reload')
  assert.deepEqual([reloaded.code, reloaded.err], [0, ''])
  assert.notEqual(await servedCertificate(host.sparePort), before)
  await put(second, ['cert'])
  writeFileSync(site.key, 'no key')
  const refused = await program.run('reload')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /nginx was not reloaded: .*site\.key/)
  child.kill('SIGHUP')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
  const [status, reload] = [await program.run('status'), await program.run('reload')]
  assert.equal(status.code, 1)
  assert.match(status.out, /not running; this is what .*state\.json tells\n(.*\n)*applied: +generation \d+/)
  assert.deepEqual([reload.code, reload.err], [1, 'no agent runs on this host: nothing was reloaded\n'])
  assert.equal(await host.get(), 'one')
})

test('check looks at everything once, says what is wrong, and changes nothing', async (t) => {
  const host = await startAgentHost(t)
  const program = await agentProgram(t, host)
  const early = await program.run('check')
  assert.equal(early.code, 0, early.out)
  assert.match(early.out, /^channel: +nothing was published yet$/m)
  await host.channel.publish(webRelease(host.port, 'one'))
  const fine = await program.run('check')
  assert.match(fine.out, /^channel: +generation \d+, signed until/m)
  assert.match(fine.out, /^nginx -t: +passed$/m)
  writeFileSync(host.nginx.mainConf, 'no_such_directive;')
  host.s3.setFaults(() => ({ status: 403, code: 'AccessDenied' }))
  const broken = await program.run('check')
  assert.equal(broken.code, 1)
  assert.match(broken.out, /^channel: +FAILED: GET channels\/current\.json answered 403/m)
  assert.match(broken.out, /^nginx -t: +FAILED: .*no_such_directive/m)
  assert.throws(() => statSync(host.settings.stateDir))
})

test('a command that there is none of is named with those that there are', async () => {
  const out: string[] = []
  const err: string[] = []
  const write = (lines: string[]) => (line: string) => void lines.push(line)
  const terminal = { env: {}, readFile: () => '', out: write(out), err: write(err) }
  assert.equal(await runCommand(['restart'], terminal), 2)
  assert.match(err.join('\n'), /has no command "restart"\nUsage: (.*\n)+ {2}reload +tests/)
  assert.equal(await runCommand(['--help'], terminal), 0)
  assert.match(out.join('\n'), /^Usage/)
})

test('only the agent’s own user and root can ask for a reload', async (t) => {
  const host = await startAgentHost(t)
  host.agent.start()
  const socket = join(host.settings.stateDir, 'agent.sock')
  const mode = await eventually(
    'the socket is there',
    () => statSync(socket, { throwIfNoEntry: false })?.mode,
  )
  await eventually('it is closed to others', () => (statSync(socket).mode & 0o777) === 0o600)
  assert.ok(mode !== undefined)
})

test('a word that a command doesn’t know keeps it from doing anything, and help is given for each', async () => {
  const say = async (...words: string[]) => {
    const lines: string[] = []
    const line = (text: string) => void lines.push(text)
    const readFile = () => assert.fail('nothing is read')
    return [await runCommand(words, { env: {}, readFile, out: line, err: line }), lines[0]]
  }
  const usage = /^Usage: quayside-agent/
  for (const words of [
    ['reload', '--dry-run'],
    ['run', '--foreground'],
    ['status', '--json'],
    ['check', 'now'],
  ])
    assert.deepEqual(await say(...words), [2, `quayside-agent ${words[0]} takes no "${words[1]}"`])
  for (const words of [['-h'], ['reload', '--help'], ['run', '-h']]) {
    const [code, first] = await say(...words)
    assert.equal(code, 0)
    assert.match(String(first), usage)
  }
  assert.deepEqual(await say('--version'), [0, agentVersion])
})

test('an answer that is none says so', async (t) => {
  const settings = { stateDir: tempDir(t) }
  const other = createServer((_, response) => response.end('no agent'))
  t.after(() => other.close())
  other.listen(join(settings.stateDir, 'agent.sock'))
  await once(other, 'listening')
  await assert.rejects(askAgent(settings, 'GET', '/healthz', 1_000), /can't be asked at .*agent\.sock/)
})
