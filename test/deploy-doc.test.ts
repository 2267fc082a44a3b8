import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConsulAccess } from '../adapters/consul/access.ts'
import { runCommand } from '../agent/commands/commands.ts'
import { readFlags } from '../agent/install/flags.ts'
import type { Terminal } from '../bin/commands/command.ts'
import { main } from '../bin/commands/main.ts'
import { checkConfig } from '../core/settings/config.ts'
import { startTestConsul } from './support/consul.ts'
import { withCostTables } from './support/cost/cost-tables.ts'
import { openPolicies, type Side } from './support/deploy/policies.ts'
import { type Definition, quaysideWith, registerForeign, walk } from './support/deploy/walk.ts'
import { iamActions } from './support/iam-actions.ts'
import { fleetTemplate } from './support/stack.ts'
import { listOf } from './support/template-policies.ts'

const docs = join(import.meta.dirname, '../docs')
const text = readFileSync(join(docs, 'deploy.md'), 'utf8')

const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  )
const matches = (from: string, pattern: RegExp) => [
  ...new Set([...from.matchAll(pattern)].map(([, found = '']) => found)),
]

type Part = Readonly<Record<string, unknown>>
const parts = blocks('json').map((json) => JSON.parse(json) as Part)
const shell = blocks('sh').join('\n')
const outputs: readonly string[] = Object.keys(fleetTemplate().toJSON().Outputs)

test('the config file of the page is taken as a whole, and with every part that the page adds later', () => {
  const shown = parts.filter((part) => ['deployment', 'publish', 'fleet'].some((key) => key in part))
  assert.ok(shown.length >= 6 && 'deployment' in (shown[0] ?? {}))
  let config: Part = {}
  for (const part of shown) {
    config = { ...config, ...part }
    assert.deepEqual(checkConfig(config).problems, null, JSON.stringify(part))
  }
})

test('the Consul secret that the page shows is one that the functions take', () => {
  const secret = parts.find((part) => 'token' in part) ?? assert.fail('no secret')
  const access = parseConsulAccess(JSON.stringify(secret), 'of the page')
  assert.deepEqual(Object.keys(access).sort(), ['addresses', 'ca', 'serverName', 'token'])
})

test('every action of the policies for people is one that AWS knows', () => {
  const policies = parts.flatMap((part) => listOf((part.Statement ?? []) as { Action: string | string[] }[]))
  const actions = policies.flatMap(({ Action }) => listOf(Action))
  assert.ok(actions.length >= 6)
  assert.deepEqual(
    actions.filter((action) => !(action in iamActions)),
    [],
  )
})

test('the page explains every output of the stack, and names no other', () => {
  const table = text.slice(text.indexOf('| output |'), text.indexOf('out()'))
  const rows = table.split('\n').filter((line) => line.startsWith('| `'))
  const explained = rows.flatMap((row) => matches(row.split('|')[1] ?? '', /`(\w+)`/g))
  assert.deepEqual([...explained].sort(), [...outputs].sort())
  assert.deepEqual(
    matches(shell, /\bout (\w+)/g).filter((name) => !outputs.includes(name)),
    [],
  )
})

test('the log group that the page looks for is the publisher’s', () => {
  const [, prefix = ''] = /starts_with\(LogicalResourceId,'(\w+)'\)/.exec(shell) ?? []
  const groups = Object.keys(fleetTemplate().findResources('AWS::Logs::LogGroup'))
  assert.equal(groups.filter((id) => id.startsWith(prefix)).length, 1)
  assert.equal(prefix, 'PublishLogs')
})

test('every npm script and quayside command that the page names exists', async () => {
  const { scripts } = JSON.parse(readFileSync(join(docs, '../package.json'), 'utf8'))
  assert.deepEqual(
    matches(text, /npm run ([\w:]+)/g).filter((name) => !(name in scripts)),
    [],
  )
  const named = matches(text, /npx quayside ([a-z]+[^`#\n]*)/g)
  assert.ok(named.length >= 8)
  for (const line of named) {
    const help = await helpOf(line.split(' ')[0] ?? '')
    for (const flag of matches(line, /(--[a-z-]+)/g)) assert.ok(help.includes(flag), `${line}: ${flag}`)
  }
})

test('every call of the host agent that the page shows is one that it takes', async () => {
  const commands = await said((terminal) => runCommand(['--help'], terminal as never))
  const calls = [...shell.matchAll(/quayside-agent (\w+)([^#&\n]*)/g)]
  assert.ok(calls.length >= 3)
  for (const [, word = '', rest = ''] of calls) {
    assert.match(commands, new RegExp(`^ *${word} `, 'm'))
    if (word.endsWith('install')) readFlags(rest.trim().split(/ +/), undefined)
  }
})

const helpOf = (command: string) => said((terminal) => main([command, '--help'], terminal))

async function said(run: (terminal: Terminal) => Promise<number>): Promise<string> {
  const lines: string[] = []
  const out = (line: string) => void lines.push(line)
  assert.equal(await run({ out, err: out, env: {}, ask: null, now: Date.now }), 0, lines.join('\n'))
  return lines.join('\n')
}

test('every link of the page leads to a file and to a heading of it', () => {
  for (const link of matches(text, /\]\(([^):]+)\)/g)) {
    const [path = '', heading] = link.split('#')
    const file = join(docs, path)
    assert.ok(existsSync(file), link)
    const titles = heading === undefined ? [] : matches(readFileSync(file, 'utf8'), /^#+ (.+)$/gm)
    const slugs = titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    if (heading !== undefined) assert.ok(slugs.includes(heading), link)
  }
})

/** The account of the page is that of the tests here. */
const [registrar = '', publisher = ''] = blocks('hcl').map((rules) =>
  rules.replaceAll('123456789012', '111122223333'),
)
const rules = { registrar, publisher }

function shownDefinition(): Definition {
  const { family, containerDefinitions } = parts.find((part) => 'family' in part) ?? {}
  return { family, containers: containerDefinitions } as Definition
}

test('with the Consul policies of the page its service is registered, compared, published, planned and purged', async (t) => {
  const consul = await startTestConsul(t, { acl: true })
  const { tokens, token } = await openPolicies(t, consul, rules)
  await registerForeign(t, consul)
  const definition = shownDefinition()
  assert.equal(await walk(t, consul, { definition, tokens, patienceMs: 10_000 }), null)

  const reading = publisher.replaceAll(/.*"write".*\n/g, '')
  assert.equal(reading.match(/policy/g)?.length, 3)
  const reader = await token('reader', reading)
  const planned = await quaysideWith(t, consul, reader, [
    'plan',
    '--config',
    '<config>',
    '--bucket',
    'releases',
  ])
  assert.deepEqual([planned.code, planned.err], [0, ''])
  assert.match(planned.out, /^hello@dc1: it states routes now\n {2}\+ route 80 hello\.example\.com \/$/m)

  const purge = ['purge', '--cluster', '<cluster>', '--deployment', 'test', '--force', '--yes', '--json']
  const purged = await quaysideWith(t, consul, tokens.registrar, purge)
  assert.equal(purged.code, 0, purged.err)
  assert.equal(JSON.parse(purged.out).outcome, 'removed')
})

test('no rule of the Consul policies can be left out', async (t) => {
  const consul = await startTestConsul(t, { tls: false, acl: true })
  const { tokens, change } = await openPolicies(t, consul, rules)
  await registerForeign(t, consul)
  const needed = (['registrar', 'publisher'] as const satisfies Side[]).flatMap((side) =>
    matches(rules[side], /^([a-z].*)$/gm).map((rule) => ({ side, rule })),
  )
  assert.equal(needed.length, 8)
  for (const { side, rule } of needed) {
    await change(side, rules[side].replace(rule, ''))
    const options = { definition: shownDefinition(), tokens, patienceMs: 1_500 }
    assert.notEqual(await walk(t, consul, options), null, rule)
    await change(side, rules[side])
  }
})

const costs = join(docs, 'cost.md')
const updateCommand = 'QUAYSIDE_UPDATE_DOCS=1 node --test test/deploy-doc.test.ts'

test(`the costs are those of the template; after a wanted change run: ${updateCommand}`, () => {
  const wanted = withCostTables(readFileSync(costs, 'utf8'))
  if (process.env.QUAYSIDE_UPDATE_DOCS === '1') writeFileSync(costs, wanted)
  assert.equal(readFileSync(costs, 'utf8'), wanted)
})
