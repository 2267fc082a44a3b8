import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
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
    args: (t) => ['--port', '0', '--templates', templatesWithout(t, 'proxy.hbs')],
    says: [/TEMPLATE_MISSING/, /template proxy is not there: add the file proxy\.hbs/],
  },
  {
    name: 'a folder without the main template is named, with the file to add',
    args: (t) => ['--port', '0', '--templates', templatesWithout(t, 'base.http.hbs')],
    says: [/TEMPLATE_MISSING/, /template base\.http is not there: add the file base\.http\.hbs/],
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

function templatesWithout(t: TestContext, file: string): string {
  const folder = tempDir(t)
  cpSync(join(import.meta.dirname, '../../templates'), folder, { recursive: true })
  rmSync(join(folder, file))
  return folder
}
