import { createLog } from '../../../adapters/log.ts'
import { QuaysideError } from '../../../core/errors.ts'
import type { TxnOp } from '../../../core/txn/op.ts'
import { memoryConsul, type SeenConsul } from './consul-view.ts'
import { createMailbox, type Message, recordOf } from './mailbox.ts'
import { meddle } from './meddle.ts'
import { type Outside, type Process, startProcess } from './process.ts'
import { createSimEcs } from './sim-ecs.ts'
import type { Invocation, Step } from './steps.ts'
import { act } from './truth.ts'
import { createTurns } from './turns.ts'
import { createWatchdog } from './watchdog.ts'

const start = Date.parse('2026-03-04T10:00:00Z')

/** A world in which steps are played: ECS, its events, the queue, Consul, and processes that serve the two functions. */
export function openWorld(consul: SeenConsul = memoryConsul()) {
  let time = start
  const now = () => time
  const pass = (ms: number) => {
    time += ms
  }
  const log: string[] = []
  const mailbox = createMailbox(now)
  const sim = createSimEcs(now, ({ body }) => mailbox.put(body))
  const watchdog = createWatchdog(consul, () => sim, now)
  const turns = createTurns(() => pass(1))
  const written: string[] = []
  const outside: Outside = {
    sim,
    now,
    pass,
    consul: watched(),
    send: (messages) => {
      for (const { body, delaySeconds } of messages) mailbox.put(JSON.stringify(body), delaySeconds)
    },
    showAgain: mailbox.showAgain,
    log: createLog((line) => log.push(line)),
  }
  const processes: (Process | null)[] = [null, null, null]
  let started = 0

  async function statuses(): Promise<ReadonlyMap<string, string>> {
    return new Map((await consul.services()).map(({ id, status }) => [id, status]))
  }

  function watched(): Outside['consul'] {
    return {
      request: async (request) => {
        const ops = request.path === '/v1/txn' && Array.isArray(request.body) ? (request.body as TxnOp[]) : []
        const writes = ops.some((op) => !('KV' in op) || op.KV.Verb !== 'get-tree')
        const before = writes ? await statuses() : new Map<string, string>()
        const answer = await consul.client.request(request)
        if (writes && answer.status === 200) {
          await watchdog.see(ops, before)
          written.push(...ops.map((op) => JSON.stringify(op)))
        }
        return answer
      },
      close: async () => {},
    }
  }

  function processAt(slot: number): Process {
    const found = processes[slot] ?? startProcess(outside, ++started)
    processes[slot] = found
    return found
  }

  async function invoke(invocation: Invocation, slot: number, override: boolean): Promise<void> {
    const run = turns.open(invocation.trouble, failureOf)
    const process = processAt(slot)
    await run.begin()
    if (invocation.of === 'reconcile') await process.reconcile(run, override).catch(() => {})
    else {
      const messages = mailbox.receive(invocation.messages)
      if (messages.length > 0) await deliver(messages, process, run)
    }
    if (run.crashed()) processes[slot] = null
  }

  async function deliver(
    messages: readonly Message[],
    process: Process,
    run: ReturnType<typeof turns.open>,
  ): Promise<void> {
    const { batchItemFailures } = await process.register(run, { Records: messages.map(recordOf) })
    // A dead process answers nothing: the queue shows its messages again when their time is over.
    if (run.crashed()) return
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    mailbox.acknowledge(new Set(messages.map(({ id }) => id).filter((id) => !failed.has(id))))
  }

  /** Runs them side by side until all have ended; each has a process of its own. */
  async function run(
    invocations: readonly Invocation[],
    order: readonly number[],
    { override = false, meanwhile = null }: RunOptions = {},
  ): Promise<void> {
    const ended = invocations.map((invocation, slot) => invoke(invocation, slot, override))
    await turns.play(order, (turn) => {
      if (meanwhile?.turn === turn) act(sim, meanwhile.step, now())
    })
    await Promise.all(ended)
  }

  async function play(step: Step): Promise<void> {
    pass(1_000)
    if (step.do === 'run') await run(step.runs, step.order, step)
    else if (step.do === 'wait') pass(step.seconds * 1_000)
    else if (step.do === 'drop') mailbox.drop(step.message)
    else if (step.do === 'duplicate') mailbox.duplicate(step.message)
    else if (step.do === 'meddle') watchdog.excuse(await meddle(consul, step.how, step.pick))
    else act(sim, step, now())
  }

  return { now, pass, play, run, sim, mailbox, consul, watchdog, written, log }
}

type RunOptions = {
  readonly override?: boolean
  readonly meanwhile?: Extract<Step, { readonly do: 'run' }>['meanwhile']
}

export type OpenWorld = ReturnType<typeof openWorld>

function failureOf(what: string): Error {
  if (what === 'consul') return new QuaysideError('CONSUL_UNREACHABLE', 'No answer from Consul (test).')
  return new QuaysideError('AWS_THROTTLED', `${what} is throttled (test).`)
}
