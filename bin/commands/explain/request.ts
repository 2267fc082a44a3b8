import type { Request } from '../../../core/publish/find-route.ts'
import { UsageError } from '../usage-error.ts'

/** Reads `host`, `host/path` or a URL, with `--listen` for the port. A URL's port counts where `--listen` says nothing. */
export function parseRequest(word: string, listen: string | null): Request {
  const text = /^[a-z]+:\/\//.test(word) ? word : `any://${word}`
  const [, host = '', port, path = ''] =
    /^[a-z]+:\/\/([^/?#:]+|\[[^\]]*\])?(?::(\d+))?([^?#]*)/.exec(text) ?? []
  const chosen = portOf(listen ?? port ?? null)
  if (host === '' && chosen === null)
    throw new UsageError(`"${word}" is no host: expected <host>[/<path>], such as www.example.com/api.`)
  return { host: host.toLowerCase(), path: path === '' ? '/' : path, port: chosen }
}

function portOf(text: string | null): number | null {
  if (text === null) return null
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new UsageError(`--listen: expected a port, got "${text}".`)
}
