import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export type Load = {
  readonly requests: number
  /** Answers other than 200, and requests without an answer; a reset of a kept connection is one, nothing is tried again. */
  readonly failed: number
  readonly failures: readonly string[]
  /** When each body, which is a server's address, came first and last; `performance.now()`. */
  readonly first: ReadonlyMap<string, number>
  readonly last: ReadonlyMap<string, number>
  stop(): Promise<void>
}

const turnMs = 5
const connections = 100

/** Sends `perSecond` requests over kept-alive connections, evenly, until it is stopped. */
export function startLoad(port: number, perSecond: number): Load {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const seen = { first: new Map<string, number>(), last: new Map<string, number>() }
  const counts = { requests: 0, failed: 0, failures: [] as string[] }
  const began = performance.now()
  let running = 0
  const fail = (why: string) => {
    counts.failed += 1
    if (counts.failures.length < 10) counts.failures.push(why)
  }
  const ask = async () => {
    running += 1
    counts.requests += 1
    await get(port, agent).then(
      (body) => note(seen, body),
      (error) => fail(String(error)),
    )
    running -= 1
  }
  const timer = setInterval(() => {
    const due = ((performance.now() - began) * perSecond) / 1000
    while (counts.requests < due) void ask()
  }, turnMs)
  return {
    ...seen,
    get requests() {
      return counts.requests
    },
    get failed() {
      return counts.failed
    },
    failures: counts.failures,
    async stop() {
      clearInterval(timer)
      while (running > 0) await delay(turnMs)
      agent.destroy()
    },
  }
}

function note(
  { first, last }: { first: Map<string, number>; last: Map<string, number> },
  body: string,
): void {
  const now = performance.now()
  if (!first.has(body)) first.set(body, now)
  last.set(body, now)
}

function get(port: number, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`HTTP ${response.statusCode}`))
      })
    })
    request.on('error', reject)
  })
}
