import { openReleases, type Releases } from '../../../adapters/releases.ts'
import { type ExplainedRoute, explainRequest, type Known } from '../../../core/publish/explain.ts'
import { findRoutes, type Request } from '../../../core/publish/find-route.ts'
import { routesIn } from '../../../core/publish/written-routes.ts'
import { describeChannel } from '../../../core/release/describe-channel.ts'
import { loadChannel, type Opened } from '../../../functions/publish/channel.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { readPointer } from '../edit-channel.ts'
import { readWordAndFlags } from '../flags.ts'
import { publicationAt } from '../publications.ts'
import { readFiles } from '../read-files.ts'
import { bucketFlags, bucketHelp, openS3, placeOf } from '../release-bucket.ts'
import { UsageError } from '../usage-error.ts'
import { readCatalog } from './catalog.ts'
import { describeRoute } from './report.ts'
import { parseRequest } from './request.ts'

const help = `Usage: quayside explain <host>[/<path>] [options]

Says what becomes of a request and why: route, upstream, service, and the tasks
that take it, as the release in force has them. With Consul it also names the
instances that take none, and what their checks say.

  --listen <port>        only on this listener; needed for tcp and udp
${bucketHelp}
  --consul               ask Consul too, as for the consul command itself
                         (CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN, …)
  --consul-secret <id>   the same by the secret that the functions read
  --json                 one JSON record on stdout
  --help                 this text

  npx quayside explain www.example.com/api --bucket releases-0123
`

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const kinds = {
    ...bucketFlags,
    listen: 'text',
    consul: 'switch',
    'consul-secret': 'text',
    json: 'switch',
  } as const
  const { word, flags } = readWordAndFlags(args, kinds, 'host')
  if (word === null && flags.listen === null)
    throw new UsageError('A host is needed: quayside explain <host>[/<path>].')
  const request = parseRequest(word ?? '', flags.listen)
  const { bucket, channel } = placeOf(flags, terminal)
  const s3 = openS3()
  try {
    const releases = openReleases(s3, bucket, terminal.now)
    const { read, etag } = await readPointer(releases, channel)
    const opened = await loadChannel(releases, { pointer: read.pointer, etag })
    const known = await knowledgeOf(releases, opened, request, async (sources) =>
      flags.consul || flags['consul-secret'] !== null
        ? readCatalog(sources, flags['consul-secret'], terminal)
        : new Map(),
    )
    const explained = explainRequest(known, request)
    tell(explained, request, opened, flags.json, terminal)
    return explained.some(({ place }) => place !== null) ? 0 : 1
  } finally {
    s3.destroy()
  }
}

async function knowledgeOf(
  releases: Releases,
  { pointer, layout, endpoints, state }: Opened,
  request: Request,
  ask: (sources: readonly string[]) => Promise<Known['catalog']>,
): Promise<Known> {
  const files = await readFiles(releases, layout.layout)
  const routes = routesIn(files, layout.layout)
  const sources = findRoutes(routes, request).flatMap(({ route }) => route?.sources ?? [])
  const [publication, catalog] = await Promise.all([
    publicationAt(releases, pointer.generation, pointer.channel),
    ask([...new Set(sources)]),
  ])
  return { routes, layout: layout.layout, endpoints, state, publication, catalog }
}

function tell(
  explained: readonly ExplainedRoute[],
  request: Request,
  { pointer }: Opened,
  json: boolean,
  { out, now }: Terminal,
): void {
  const { generation, layout, pin } = pointer
  if (json) {
    out(JSON.stringify({ ...request, generation, layout: layout.sha256, pin, listeners: explained }))
    return
  }
  if (explained.length === 0) out('No listener of this release could take it.')
  for (const route of explained) out(`${describeRoute(route)}\n`)
  for (const line of describeChannel(pointer, now())) if (/^(generation|pinned|expires)/.test(line)) out(line)
}

export const explain: Command = {
  name: 'explain',
  summary: 'what becomes of a request, and why',
  help,
  run,
}
