import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Hold } from '../../../core/guard/guard.ts'
import type { Consul } from '../../../local/consul/start-consul.ts'
import { eventually } from '../eventually.ts'
import {
  currentRelease,
  functionSettings,
  publicationOf,
  startPublisher,
  type TestPublisher,
  testCatalog,
} from '../publisher.ts'
import { startTestS3, type TestS3 } from '../s3.ts'

/** A publisher at work on a Consul that accidents happen to, and all that it ever published. */
export type Stage = {
  readonly s3: TestS3
  readonly catalog: ReturnType<typeof testCatalog>
  readonly publisher: () => TestPublisher
  /** Ends the publisher; the next one knows only what is in the bucket. `over` is the Consul that it is given. */
  readonly takeOver: (over?: Partial<Consul>) => Promise<void>
  /** The addresses of a service, as hosts get them. */
  readonly servers: (service: string) => string
  /** Waits until a service has exactly these. */
  readonly shows: (service: string, places: string, timeoutMs?: number) => Promise<unknown>
  /** Waits until a hold of the service, for a reason like this, is told of in the log. */
  readonly tellsHold: (service: string, why: RegExp) => Promise<unknown>
  /** The holds in the newest publication. */
  readonly publishedHolds: () => Promise<readonly Hold[]>
  /** Asserts that no release since the first with this address was without it. */
  readonly keptAlways: (service: string, place: string) => void
}

const hosts = { web: '10.0.0.1', api: '10.0.0.1', old: '10.9.0.1' }

/** Two tasks of `web`, one of `api` and an instance of `old` that others registered, all published. */
export async function openStage(t: TestContext, consul: Consul, given: Partial<Consul> = {}): Promise<Stage> {
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  const releases: Record<string, string[]>[] = []
  s3.setBeforeCommit(({ key }) => {
    if (key.startsWith('channels/')) releases.push(currentRelease(s3)?.servers ?? {})
  })
  await catalog.bootstrap()
  await catalog.stamp()
  await catalog.task('web', 't1', 8001)
  await catalog.task('web', 't2', 8002)
  await catalog.task('api', 't5', 8005)
  await catalog.foreign('old', 'old-1', 9001, { 'nginx-host': 'old.test' })
  const settings = functionSettings({
    // What others registered is held for longer than any of these tests takes.
    guard: { holdForMs: 600_000, maxShrink: 0.5, minInstances: 1 },
    // Many changes follow one another, and none is to wait for the budget.
    pace: { quietMs: 50, debounceMinMs: 20, debounceMaxMs: 100, budgetBurst: 10, budgetEveryMs: 20 },
  })
  let publisher = startPublisher(t, { ...consul, ...given }, s3, { settings })

  const servers = (service: string) => (currentRelease(s3)?.servers[service] ?? []).join(' ')
  const shows = (service: string, places: string, timeoutMs?: number) =>
    eventually(`${service} at ${places}`, () => servers(service) === places, timeoutMs)
  await Promise.all([shows('web', web), shows('api', `${hosts.api}:8005`), shows('old', old)])

  return {
    s3,
    catalog,
    publisher: () => publisher,
    takeOver: async (over = given) => {
      await publisher.stop().catch(() => {})
      publisher = startPublisher(t, { ...consul, ...over }, s3, { settings })
    },
    servers,
    shows,
    tellsHold: (service, why) =>
      eventually(`a hold of ${service}`, () =>
        publisher.log.some(
          ({ event, fields }) =>
            event === 'publish-held' &&
            String(fields.service).startsWith(service) &&
            why.test(String(fields.why)),
        ),
      ),
    publishedHolds: async () => {
      const { generation } = currentRelease(s3)!.pointer
      return (await eventually('the publication', () => publicationOf(s3, generation) ?? false)).holds
    },
    keptAlways: (service, place) => {
      const all = [...releases, currentRelease(s3)!.servers]
      const since = all.findIndex((release) => release[service]?.includes(place) === true)
      assert.notEqual(since, -1, `${place} was never published`)
      for (const release of all.slice(since))
        assert.ok(release[service]?.includes(place), `${service} lost ${place}`)
    },
  }
}

export const web = '10.0.0.1:8001 10.0.0.1:8002'
export const old = '10.9.0.1:9001'
