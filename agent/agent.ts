import type { HostState } from '../core/host/host-state.ts'
import type { HostView } from '../core/host/host-view.ts'
import type { EndpointMode } from '../core/host/nginx-version.ts'
import { runCycle } from './cycle.ts'
import { foldersOf } from './folders.ts'
import { type Endpoints, openEndpoints } from './health/endpoints.ts'
import { viewHost } from './health/view.ts'
import { type AgentDeps, type Host, openHost } from './host.ts'
import { releaseLock } from './lock.ts'
import { startLoop } from './loop.ts'
import { isOtherNginx } from './other-nginx.ts'
import { createPulse } from './pulse.ts'
import { type CycleRecord, failed } from './record.ts'
import type { ReloadAnswer } from './reload-desk.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { modeOf } from './resolver/due.ts'
import type { AgentSettings } from './settings.ts'

export type AgentStatus = {
  /** Null before the first cycle. */
  readonly last: CycleRecord | null
  readonly state: HostState | null
  /** How upstream servers reach nginx; null before the host was opened. */
  readonly mode: EndpointMode | null
}

export type Agent = {
  /** One pass; never throws. Not to be called while the agent is started. */
  runCycle(): Promise<CycleRecord>
  /** Runs cycles until it is stopped, and answers at its endpoints. */
  start(): void
  /** Resolves when the running cycle has ended, its step finished or undone; nginx goes on as it is. */
  stop(): Promise<void>
  /** Lets the next cycle begin now. */
  wake(): void
  /** Tests what is confirmed and lets nginx load it again; resolves when that was confirmed or refused. */
  reload(): Promise<ReloadAnswer>
  status(): AgentStatus
  view(): Promise<HostView>
}

type Opened = { readonly host: Host; readonly reporter: Reporter }

/** An agent of one host. It opens its files at the first cycle and tries again at the next one if it can't. */
export function createAgent(settings: AgentSettings, deps: AgentDeps): Agent {
  const pulse = createPulse(deps.elapsed)
  const folders = foldersOf(settings.stateDir)
  let opened: Opened | null = null
  let loop: ReturnType<typeof startLoop> | null = null
  let endpoints: Endpoints | null = null

  const cycle = async (): Promise<CycleRecord> => {
    pulse.begin()
    let record: CycleRecord
    try {
      if (opened !== null && (await isOtherNginx(opened.host))) {
        await leave(opened, 'nginx is another version now')
        opened = null
      }
      opened ??= await open(settings, deps)
      record = await runCycle(opened.host)
    } catch (error) {
      record = { ...failed(error, null), timings: {} }
      dismiss(opened, record.reason)
    }
    pulse.end(record)
    // A host whose disk is full can still say so.
    await opened?.reporter.consider(record)
    return record
  }

  const agent: Agent = {
    runCycle: cycle,
    start() {
      const { pollMs, statusPort: port } = settings
      const askedToWaitMs = () => takeWait(opened)
      loop ??= startLoop(cycle, { pollMs, random: deps.random, log: deps.log, askedToWaitMs })
      endpoints ??= openEndpoints(agent, { port, folders }, deps.log)
    },
    async stop() {
      const late = opened === null ? undefined : hurry(opened.host)
      await loop?.stop()
      clearTimeout(late)
      loop = null
      await endpoints?.close()
      endpoints = null
      if (opened !== null) await leave(opened, 'the agent has stopped')
      opened = null
    },
    wake: () => loop?.wake(),
    async reload() {
      if (opened === null)
        return { done: false, reason: pulse.last?.reason ?? 'the agent has only just begun' }
      const answered = opened.host.memory.desk.ask()
      loop?.wake()
      return await answered
    },
    status: () => ({ last: pulse.last, ...statusOf(opened) }),
    view: () => viewHost(opened?.host ?? null, { settings, now: deps.now }, pulse),
  }
  return agent
}

function statusOf(opened: Opened | null): Omit<AgentStatus, 'last'> {
  if (opened === null) return { state: null, mode: null }
  return { state: opened.host.state.current, mode: modeOf(opened.host).mode }
}

async function open(settings: AgentSettings, deps: AgentDeps): Promise<Opened> {
  const host = await openHost(settings, deps)
  return { host, reporter: createReporter(host) }
}

/** Lets go of what was opened; whoever opens the host next finds all that matters on disk. */
async function leave(opened: Opened, reason: string): Promise<void> {
  dismiss(opened, reason)
  opened.host.close()
  await opened.host.resolver.server?.close()
  await releaseLock(opened.host.folders)
}

/** Whoever waits for a reload is told that this cycle brings none. */
function dismiss(opened: Opened | null, reason: string): void {
  const desk = opened?.host.memory.desk
  desk?.answer(desk.newest, { done: false, reason })
}

function takeWait(opened: Opened | null): number {
  if (opened === null) return 0
  const { traffic, memory, settings } = opened.host
  const { askedToWaitMs } = traffic
  traffic.askedToWaitMs = 0
  // A channel that may not be read or isn't there is asked for less often: both can last.
  return Math.max(askedToWaitMs, memory.unread === null ? 0 : Math.min(30_000, 5 * settings.pollMs))
}

/** Nothing new is begun; downloads that go on for more than three seconds are cut off, what has begun with nginx is finished. */
function hurry({ memory, close }: Host): NodeJS.Timeout {
  memory.stopping = true
  return setTimeout(close, 3_000)
}
