import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openReleases, type Releases } from '../../adapters/releases.ts'
import { createLocalSigner, type Signer } from '../../adapters/signer.ts'
import { main } from '../../bin/commands/main.ts'
import { canonicalJson } from '../../core/canonical.ts'
import type { ServiceSnapshot } from '../../core/catalog/snapshot.ts'
import { emptyGuardMemory, type Member, type ServiceMemory } from '../../core/guard/memory.ts'
import { partedMap } from '../../core/parted-map.ts'
import { compose, storedLayout } from '../../core/publish/compose.ts'
import { changesBetween, describePublication } from '../../core/publish/publication.ts'
import { emptyState } from '../../core/publish/state.ts'
import type { Server, SourceKey } from '../../core/release/endpoints.ts'
import { renderLayout } from '../../core/render/layout.ts'
import { renderUpstreams } from '../../core/render/upstreams.ts'
import {
  type Channel,
  type ChannelDeps,
  openChannel,
  type Published,
  publish,
} from '../../functions/publish/channel.ts'
import type { S3Options } from '../../local/aws/s3/context.ts'
import { build, defaultTemplates, endpointsOf } from './routes.ts'
import { startTestS3, type TestS3 } from './s3.ts'
import { tempDir } from './tmp.ts'

export type Said = { readonly code: number; readonly out: string; readonly err: string }

export type TestBucket = {
  readonly s3: TestS3
  readonly releases: Releases
  readonly signer: Signer
  readonly deps: ChannelDeps
  /** `--bucket …` and, for commands that sign, `--signing-key-file …`. */
  readonly at: readonly string[]
  readonly signing: readonly string[]
  /** Publishes as the publisher does: routes of these services, with servers as `web: ['10.0.0.1:80']`. */
  readonly publish: (
    services: readonly ServiceSnapshot[],
    servers: Readonly<Record<string, readonly string[]>>,
    channel?: string,
  ) => Promise<Channel & Published>
  /** Runs the command line in this process, with nobody to ask unless `answer` says what a person answers. */
  readonly quayside: (args: readonly string[], answer?: string) => Promise<Said>
}

/** A release bucket with the key that signs for it. The clock is that of S3, publisher and commands. */
export async function openTestBucket(
  t: TestContext,
  { now = Date.now, ...options }: { now?: () => number } & Omit<S3Options, 'now'> = {},
): Promise<TestBucket> {
  const s3 = await startTestS3(t, { ...options, now: () => new Date(now()) })
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const keyFile = join(tempDir(t), 'key.pem')
  writeFileSync(keyFile, pem)
  const signer = createLocalSigner(pem)
  const releases = openReleases(s3.client, s3.bucket, now)
  const identity = { deployment: 'test', channel: 'current', lifeMs: 3_600_000 }
  const deps: ChannelDeps = { releases, signer, identity, now }
  return {
    ...{ s3, releases, signer, deps },
    at: ['--bucket', s3.bucket],
    signing: ['--signing-key-file', keyFile],
    publish: (services, servers, channel = 'current') =>
      publishOnce({ ...deps, identity: { ...identity, channel } }, services, servers),
    quayside: (args, answer) => runHere(s3, args, now, answer),
  }
}

async function publishOnce(
  deps: ChannelDeps,
  services: readonly ServiceSnapshot[],
  servers: Readonly<Record<string, readonly string[]>>,
): Promise<Channel & Published> {
  const channel = await openChannel(deps)
  const { sources } = endpointsOf(servers)
  const live = new Set(Object.keys(sources))
  const { model, memory } = build(services, { memory: channel.state.routing, live, now: deps.now() })
  const { layout, files } = renderLayout(model, defaultTemplates)
  const stored = storedLayout(layout)
  const changed = channel.layout !== null && channel.layout.ref.sha256 !== stored.ref.sha256
  const contents = files.map(({ content }) => content)
  const previous = changed ? channel.layout : channel.previousLayout
  const composed = compose(stored, contents, previous, new Map(Object.entries(sources)), renderUpstreams)
  const state = { ...emptyState, guard: guardOf(sources), routing: memory }
  const after = await publish(deps, channel, composed, state)
  const changes = changesBetween(channel.endpoints, composed.endpoints, () => undefined)
  const told = { changes, files: [], holds: [], problems: [], empty: composed.empty }
  const publication = describePublication(after.pointer, channel.pointer, composed.endpoints, told)
  await deps.releases.putPublication(after.pointer.generation, canonicalJson(publication))
  return after
}

/** What the guard remembers of servers that tasks of ours have. */
function guardOf(sources: Readonly<Record<SourceKey, readonly Server[]>>) {
  const cluster = { account: '111122223333', region: 'eu-central-1', cluster: 'main' }
  const member = (source: string) => (server: Server) => ({
    ...{
      node: 'quayside-111122223333-eu-west-1-main',
      id: `${source}-${server.port}`,
      server,
      cluster,
      since: null,
    },
    ledger: `quayside/tasks/111122223333/eu-central-1/main/task${server.port}`,
  })
  const services = Object.entries(sources).map(([source, list]) => {
    const members: readonly Member[] = list.map(member(source.replace('@dc1', '')))
    return [source, { members, passed: true }] as const
  })
  return { ...emptyGuardMemory, services: partedMap<ServiceMemory>(services) }
}

/** Runs the command line in this process with the bucket of that S3 in reach; nobody can be asked unless `answer` answers. */
export async function runHere(
  s3: TestS3,
  args: readonly string[],
  now: () => number,
  answer?: string,
): Promise<Said> {
  // The commands' own clients read these, as a person's shell has them.
  process.env.AWS_ENDPOINT_URL_S3 = s3.url
  process.env.AWS_REGION = 'eu-central-1'
  process.env.AWS_ACCESS_KEY_ID = 'AKIDTEST'
  process.env.AWS_SECRET_ACCESS_KEY = 'test-secret'
  const out: string[] = []
  const err: string[] = []
  const code = await main(args, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    ask: answer === undefined ? null : answerWith(answer, err),
    env: process.env,
    now,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

function answerWith(answer: string, asked: string[]): (question: string) => Promise<string> {
  return async (question) => {
    asked.push(question)
    return answer
  }
}
