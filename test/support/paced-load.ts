import http from 'node:http'
import type { TestContext } from 'node:test'

/** What became of the requests of a load; failures are told apart by what they were. */
export type LoadCount = {
  requests: number
  /** By status, or by what failed. */
  readonly answers: Record<string, number>
  longestMs: number
}

export type PacedLoad = { end(): Promise<LoadCount> }

const tickMs = 5
const timeoutMs = 5_000

/**
 * Requests at a fixed rate, whatever their answers: three of four on kept connections, the others on fresh ones. A reset of a kept
 * connection that was idle counts as `reused`, which HTTP allows a server at any time.
 */
export function startPacedLoad(t: TestContext, url: string, perSecond: number): PacedLoad {
  const kept = new http.Agent({ keepAlive: true, maxSockets: 64 })
  const count: LoadCount = { requests: 0, answers: {}, longestMs: 0 }
  const running = new Set<Promise<void>>()
  const start = performance.now()
  const send = () => {
    count.requests += 1
    const agent = count.requests % 4 === 0 ? false : kept
    const sent = ask(url, agent, count).finally(() => running.delete(sent))
    running.add(sent)
  }
  const timer = setInterval(() => {
    const due = ((performance.now() - start) * perSecond) / 1000
    while (count.requests < due) send()
  }, tickMs)
  t.after(() => clearInterval(timer))
  return {
    async end() {
      clearInterval(timer)
      await Promise.all(running)
      kept.destroy()
      return count
    },
  }
}

function ask(url: string, agent: http.Agent | false, count: LoadCount): Promise<void> {
  const start = performance.now()
  return new Promise((resolve) => {
    const done = (what: string) => {
      count.answers[what] = (count.answers[what] ?? 0) + 1
      count.longestMs = Math.max(count.longestMs, Math.round(performance.now() - start))
      resolve()
    }
    const request = http.get(url, { agent, timeout: timeoutMs }, (response) => {
      response.resume()
      response.once('end', () => done(String(response.statusCode)))
      response.once('error', () => done('cut'))
    })
    request.once('timeout', () => request.destroy(new Error('timeout')))
    request.once('error', (error: NodeJS.ErrnoException) =>
      done(request.reusedSocket && error.message !== 'timeout' ? 'reused' : (error.code ?? error.message)),
    )
  })
}
