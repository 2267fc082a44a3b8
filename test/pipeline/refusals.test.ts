import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { startLocal } from '../support/local-run.ts'
import { freePort } from '../support/ports.ts'
import { tempDir } from '../support/tmp.ts'

type Refusal = {
  readonly name: string
  readonly args: (t: TestContext) => readonly string[] | Promise<readonly string[]>
  readonly env?: NodeJS.ProcessEnv
  readonly says: readonly RegExp[]
  readonly code?: number
}

const refusals: readonly Refusal[] = [
  {
    name: 'a Consul that nobody answers for is named, with what to do',
    args: async () => ['--consul-address', `https://127.0.0.1:${await freePort()}`],
    says: [
      /CONSUL_UNREACHABLE/,
      /https:\/\/127\.0\.0\.1:\d+ doesn't answer/,
      /correct --consul-address/,
      /ECONNREFUSED/,
    ],
  },
  {
    name: 'a port of a host that is taken is named, with what to do',
    args: async (t) => ['--port', String(await takenPort(t))],
    says: [/PORT_TAKEN/, /Port \d+ \(nginx of host-a\)/, /choose other ports with --port/],
  },
  {
    name: 'a port of Consul that is taken is named, with what to do',
    args: async (t) => ['--port', '0', '--consul-port', String(await takenPort(t))],
    says: [/PORT_TAKEN/, /Port \d+ \(Consul\)/, /choose another port/],
  },
  {
    name: 'a template that is missing is named, with the file to add',
    args: (t) => ['--port', '0', '--templates', folderWith(t, 'built-in/base.http.hbs', '{{> nowhere}}')],
    says: [/TEMPLATE_MISSING/, /template nowhere is not there: add the file nowhere\.hbs/],
  },
  {
    name: "an operator's template that can't be read is named, with its line",
    args: (t) => [
      '--port',
      '0',
      '--templates',
      folderWith(t, 'app.http.hbs', '\n{{#servce "web"}}{{/servce}}'),
    ],
    says: [/TEMPLATE_FAILED/, /template app\.http, line 2: .*did you mean service\?/],
  },
  {
    name: 'a folder of templates that is missing is named',
    args: (t) => ['--port', '0', '--templates', join(tempDir(t), 'nowhere')],
    says: [/TEMPLATE_MISSING/, /nowhere\/ can't be read/, /Name a folder/],
  },
  {
    name: 'a program that does not run is named by its variable',
    args: () => ['--port', '0'],
    env: { CONSUL_BIN: '/nonexistent/consul' },
    says: [/BINARY_MISSING/, /CONSUL_BIN=\/nonexistent\/consul/, /Set CONSUL_BIN/],
  },
  {
    name: 'a wrong option is named before anything starts',
    args: () => ['--poll', 'often'],
    says: [/SETTINGS_INVALID/, /--poll must be a duration.*"often"/],
    code: 2,
  },
  {
    name: 'an address of Consul that is none is named before anything starts',
    args: () => ['--consul-address', 'localhost:8500'],
    says: [/SETTINGS_INVALID/, /--consul-address must be like http:.*"localhost:8500"/],
    code: 2,
  },
  {
    name: 'a server that answers but is no Consul is named, with what to do',
    args: async (t) => ['--consul-address', `http://127.0.0.1:${await otherServer(t)}`],
    says: [/CONSUL_UNREACHABLE/, /http:\/\/127\.0\.0\.1:\d+ doesn't answer/, /named no leader/],
  },
]

suite('npm start', { concurrency: 3 }, () => {
  for (const { name, args, env = {}, says, code = 1 } of refusals) {
    test(`${name}; nothing is left running`, async (t) => {
      const run = startLocal(t, await args(t), { env, stdin: 'ignore' })
      assert.equal(await run.ended, code, run.text())
      for (const words of says) assert.match(run.stderr.join('\n'), words)
      await run.leavesNothing([])
    })
  }
})

async function takenPort(t: TestContext): Promise<number> {
  return portOf(t, createServer())
}

async function otherServer(t: TestContext): Promise<number> {
  return portOf(
    t,
    createHttpServer((_request, response) => response.writeHead(404).end('no such page')),
  )
}

async function portOf(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

function folderWith(t: TestContext, file: string, content: string): string {
  const path = join(tempDir(t), file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path.slice(0, -file.length)
}
