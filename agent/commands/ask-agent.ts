import { foldersOf } from '../folders.ts'
import { http } from '../node-http.ts'

export type AgentAnswer = { readonly status: number; readonly body: unknown }

/** Asks the agent that runs on this host, by its socket; null where none answers. Throws what stands in the way, such as a missing right. */
export function askAgent(
  { stateDir }: { readonly stateDir: string },
  method: 'GET' | 'POST',
  path: string,
  timeout: number,
): Promise<AgentAnswer | null> {
  const socketPath = foldersOf(stateDir).socket
  return new Promise((resolve, reject) => {
    const asked = http.request({ socketPath, method, path, agent: false, timeout }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('error', reject)
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown })
        } catch (cause) {
          reject(unreachable(socketPath, cause as Error))
        }
      })
    })
    asked.on('timeout', () =>
      asked.destroy(new Error(`the agent did not answer within ${timeout / 1_000} s`)),
    )
    asked.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
        ? resolve(null)
        : reject(unreachable(socketPath, error)),
    )
    asked.end()
  })
}

function unreachable(socketPath: string, cause: NodeJS.ErrnoException): Error {
  const advice = cause.code === 'EACCES' ? ': run this as root or as the agent’s user' : ''
  return new Error(`the agent can't be asked at ${socketPath}${advice}`, { cause })
}
