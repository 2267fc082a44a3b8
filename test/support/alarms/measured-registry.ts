import { createHandler as createReconcile } from '../../../functions/reconcile/handler.ts'
import { createHandler as createRegister } from '../../../functions/register/handler.ts'
import { type TaskOptions, taskEvent } from '../event.ts'
import { createMemoryConsul } from '../memory-consul/create-memory-consul.ts'
import { fakeAws, registerDeps } from '../register.ts'
import { raisedBy } from './alarms-of.ts'

const minute = 60_000
const context = { getRemainingTimeInMillis: () => 20_000 }

/** The real handlers of registering and reconciling, with their metrics looked at as CloudWatch would. */
export function measuredRegistry() {
  const consul = createMemoryConsul()
  const aws = fakeAws()
  let time = Date.UTC(2026, 10, 20, 12)
  let messages = 0
  const deps = registerDeps(consul, aws, () => time)
  type Deps = typeof deps

  async function reconcile(over: Partial<Deps> = {}): Promise<void> {
    // A function that fails is an error of its own; here it is asked what it had measured.
    await createReconcile({ ...deps, ...over })({}, context).catch(() => {})
  }

  return {
    ...{ aws, consul, deps },
    /** Hands a task's event to the register function, as old as is said. */
    deliver: async (options: TaskOptions, ageMs = 0) => {
      messages += 1
      const body = JSON.stringify(taskEvent({ at: time - ageMs, ...options }))
      const record = { messageId: `m${messages}`, receiptHandle: `r${messages}`, body }
      await createRegister(deps)({ Records: [record] }, context)
    },
    /** Lets minutes go by with one pass in each, and names the alarms that are raised then. */
    after: async (
      minutes: number,
      over: Partial<Deps> = {},
      each: () => Promise<unknown> = async () => {},
    ) => {
      for (let passed = 0; passed < minutes; passed += 1) {
        await each()
        await reconcile(over)
        time += minute
      }
      return raisedBy(deps.measured, time).filter((name) => !publishing.includes(name))
    },
    pass: (minutes: number) => {
      time += minutes * minute
      return raisedBy(deps.measured, time).filter((name) => !publishing.includes(name))
    },
  }
}

/** These say that the publisher is silent, which registering alone can't help. */
const publishing: readonly string[] = ['PublisherStale', 'HostsUnread']
