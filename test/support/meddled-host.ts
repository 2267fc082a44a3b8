import type { TestContext } from 'node:test'
import type { NginxTool } from '../../local/tools/tool.ts'
import { webRelease } from './agent-host.ts'
import { startRunningHost } from './clocked-host.ts'
import { isFull } from './scale.ts'

/** A host whose test can act at any reading of the agent's clock: it is read before and after each step, and at each look at a reload. */
export async function startMeddledHost(t: TestContext, nginx: NginxTool) {
  let readings = 0
  let at = Number.POSITIVE_INFINITY
  let act = () => {}
  const clock = { offset: 0 }
  const elapsed = () => {
    readings += 1
    if (readings === at) act()
    return performance.now() + clock.offset
  }
  const host = await startRunningHost(t, { nginx, deps: { elapsed } })
  const cycle = () => {
    clock.offset += 5_000
    return host.agent.runCycle()
  }
  await host.channel.publish(webRelease(host.port, 'warm'))
  readings = 0
  await cycle()
  const perCycle = readings
  return {
    ...host,
    cycle,
    meddle(reading: number, how: () => void) {
      readings = 0
      at = reading
      act = how
    },
    /** At each reading of a cycle; in a reduced run at some of them. */
    async everywhere(round: (at: number) => Promise<void>): Promise<number> {
      const every = isFull ? 1 : Math.ceil(perCycle / 4)
      let count = 0
      for (let reading = 1; reading <= perCycle; reading += every, count += 1) await round(reading)
      return count
    },
  }
}
