import { createLog, type Log } from '../../adapters/log.ts'
import { createLocalSigner } from '../../adapters/signer.ts'
import { readTemplates } from '../../adapters/templates.ts'
import type { RenderUpstreams } from '../../core/publish/compose.ts'
import { listsOf } from '../../core/release/endpoint-lists.ts'
import { type Endpoints, sourceKey } from '../../core/release/endpoints.ts'
import { createPublishDeps } from '../../functions/publish/deps.ts'
import { createHandler } from '../../functions/publish/handler.ts'
import { settings } from '../instances.ts'
import type { Expected } from './changes.ts'
import type { FromPublisher, ToPublisher } from './publisher-messages.ts'
import { clockMs } from './subject.ts'

/** The real publisher in a process of its own, so that time and memory are its own. It ends with the process that started it. */
type Start = Extract<ToPublisher, { kind: 'start' }>

const functionMs = 3_600_000
const stopping = new AbortController()
const waiting = new Map<number, Expected>()
let last: {
  readonly at: number
  readonly endpoints: Endpoints
  readonly rendered: ReturnType<RenderUpstreams>
} | null = null

process.on('message', (message: ToPublisher) => {
  if (message.kind === 'start') void lead(message)
  if (message.kind === 'expect') {
    waiting.set(message.id, message.expected)
    // While the process was busy, Consul's answer may have overtaken this message.
    tellMet()
  }
  if (message.kind === 'stop') stopping.abort()
})
process.on('disconnect', () => process.exit())

function tell(message: FromPublisher): void {
  process.send?.(message)
}

async function lead({ access, s3, privateKey, endpoints }: Start): Promise<void> {
  const handlerAt = clockMs()
  const deps = createPublishDeps({
    settings,
    access: async () => access,
    aws: {
      s3: {
        endpoint: s3,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'AKIDBENCH', secretAccessKey: 'bench-secret' },
      },
    },
    signer: createLocalSigner(privateKey),
    templates: readTemplates(new URL('../../templates/', import.meta.url)),
    code: 'bench',
    log: watchedLog(),
    clock: Date.now,
    signal: stopping.signal,
  })
  const renderUpstreams = noting(deps.renderUpstreams, endpoints, handlerAt)
  const context = { getRemainingTimeInMillis: () => functionMs }
  try {
    await createHandler({ ...deps, renderUpstreams })({}, context)
  } finally {
    await deps.close()
    process.disconnect()
  }
}

/**
 * Notes when everything, and what is waited for, has been rendered. The time is taken when the whole plan is there (digests too, and
 * all that follows in the same turn), not when the upstreams alone are.
 */
function noting(render: RenderUpstreams, wanted: number, handlerAt: number): RenderUpstreams {
  let complete = false
  return (upstreams, endpoints, capability) => {
    const rendered = render(upstreams, endpoints, capability)
    queueMicrotask(() => {
      const at = clockMs()
      last = { at, endpoints, rendered }
      if (!complete && listsOf(endpoints).lists.flat().length === wanted) {
        complete = true
        tell({ kind: 'complete', at, handlerAt })
      }
      tellMet()
    })
    return rendered
  }
}

function tellMet(): void {
  if (last === null) return
  for (const [id, expected] of waiting) {
    if (!isMet(expected, last.endpoints)) continue
    // Of a few alone: to put megabytes into one text each time would be a good part of what is measured, and only publishing needs it.
    if (id % 40 === 1) assertText(expected, last.rendered.http)
    waiting.delete(id)
    tell({ kind: 'rendered', id, at: last.at })
  }
}

function isMet({ service, address, port, weight, present }: Expected, endpoints: Endpoints): boolean {
  const { sources, lists } = listsOf(endpoints)
  const servers = lists[sources.indexOf(sourceKey(service, settings.datacenter))] ?? []
  const found = servers.find((server) => server.address === address && server.port === port)
  return present ? found?.weight === weight : found === undefined
}

/** Endpoints are what is quick to look at; what counts is the text. An error here ends the process, and the benchmark. */
function assertText({ address, port, present }: Expected, text: string): void {
  if (text.includes(`server ${address}:${port} `) !== present)
    throw new Error(`the upstreams don't show ${address}:${port} as the endpoints do`)
}

/** Makes each line as Lambda's log would get it; only what isn't in order goes further. */
function watchedLog(): Log {
  return createLog((line) => {
    if (!line.startsWith('{"level":"info"')) tell({ kind: 'complaint', line })
  })
}
