import assert from 'node:assert/strict'
import { test } from 'node:test'
import { main } from '../../bin/commands/main.ts'
import { runQuayside } from '../support/command-line.ts'
import { openTestChannel } from '../support/release.ts'
import { startTestS3 } from '../support/s3.ts'

/** Runs the command line in its own process, with S3 at that address. */
function quayside(endpoint: string, ...args: readonly string[]) {
  return runQuayside(
    {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
    },
    args,
  )
}

/** Runs it in this process, with nobody to ask. */
async function words(...args: readonly string[]) {
  const out: string[] = []
  const err: string[] = []
  const terminal = { ask: null, env: {}, now: () => 0 }
  const code = await main(args, {
    ...terminal,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('status tells what a channel says, and that nothing was published', async (t) => {
  const s3 = await startTestS3(t)
  const empty = await quayside(s3.url, 'status', '--bucket', s3.bucket)
  assert.deepEqual([empty.code, empty.stdout], [0, 'channel: current\nnothing was published yet\n'])
  const { pointer } = await openTestChannel(s3).publish({ files: [] })
  const full = await quayside(s3.url, 'status', '--bucket', s3.bucket)
  assert.equal(full.code, 0, full.stderr)
  assert.match(full.stdout, new RegExp(`generation: ${pointer.generation}\n`))
})

test('an absent bucket is named', async (t) => {
  const s3 = await startTestS3(t)
  const absent = await quayside(s3.url, 'status', '--bucket', 'nowhere')
  assert.equal(absent.code, 1)
  assert.match(absent.stderr, /nowhere/)
})

test('a wrong call says how it is used, names what was meant, and ends with 2', async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Usage: quayside <command>/],
    [['launch'], /Unknown command launch\.\n\nUsage/],
    [['puge'], /did you mean purge\?/],
    [['--json'], /Unknown option --json\./],
    [['status'], /--bucket is needed/],
    [['status', '--buket', 'b'], /Unknown option --buket; did you mean --bucket\?/],
    [['status', '--bucket'], /--bucket needs a value/],
    [['status', '--bucket', '--channel'], /--bucket needs a value/],
    [['status', 'b'], /"b" is not an option/],
    [['pin', '1', '2', '--bucket', 'b'], /"2" is one too many/],
    [['rollback', '1', '--to', '2', '--bucket', 'b'], /exclude one another/],
    [['unpin', '1', '--bucket', 'b'], /"1" is not an option/],
    [['forget', '--bucket', 'b'], /A service or a host is needed/],
    [['sweep'], /--bucket is needed/],
    [['plan', '--bucket', 'b', '--config'], /--config needs a value/],
    [['purge', '--yes=1'], /--yes takes no value/],
    [['purge', '--yes'], /--cluster is needed/],
    [['purge', '--cluster', 'web', '--deployment', 'a'], /expected an ECS cluster ARN.*got "web"/],
  ]
  for (const [args, expected] of wrong) {
    const { code, out, err } = await words(...args)
    assert.deepEqual([code, out], [2, ''], args.join(' '))
    assert.match(err, expected)
  }
})

const names = [
  ...[
    'status',
    'releases',
    'plan',
    'explain',
    'rollback',
    'pin',
    'unpin',
    'forget',
    'sweep',
    'purge',
    'render',
  ],
]

test('help fits a terminal of 80 columns and names every command', async () => {
  const general = await words('--help')
  assert.equal(general.code, 0)
  for (const name of names) {
    assert.match(general.out, new RegExp(`^ {2}${name} `, 'm'))
    const [own, asked] = [await words(name, '--help'), await words('help', name)]
    assert.equal(own.out, asked.out)
    assert.match(own.out, new RegExp(`^Usage: quayside ${name} `))
    const wide = `${general.out}\n${own.out}`.split('\n').filter((line) => line.length > 80)
    assert.deepEqual(wide, [])
  }
})
