import { chmodSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { ListenOptions } from 'node:net'
import { dirname } from 'node:path'
import { explain } from '../../core/errors.ts'
import { makeDirectory } from '../disk.ts'
import type { Folders } from '../folders.ts'
import type { Log } from '../log.ts'
import { http } from '../node-http.ts'
import { answer, type Subject } from './answer.ts'

export type Endpoints = { close(): Promise<void> }

type Place = { readonly name: string; readonly listen: ListenOptions; readonly mayReload: boolean }

const retryMs = 30_000

/**
 * Opens the agent's two doors: a loopback port that only tells (anybody on the machine can connect), and a socket file in the state
 * directory that also takes requests to reload (only the agent's own user and root can). One that can't be opened is logged and tried
 * again; the agent doesn't need it for its work.
 */
export function openEndpoints(
  subject: Subject,
  places: { readonly port: number | null; readonly folders: Pick<Folders, 'socket'> },
  log: Log,
): Endpoints {
  const socket: Place = {
    name: places.folders.socket,
    listen: { path: places.folders.socket },
    mayReload: true,
  }
  const { port } = places
  const loopback = { host: '127.0.0.1', port: port ?? 0 }
  const tcp: Place = { name: `127.0.0.1:${port}`, listen: loopback, mayReload: false }
  const doors = [socket, ...(port === null ? [] : [tcp])].map((place) => open(place, subject, log))
  return {
    async close() {
      await Promise.all(doors.map((door) => door.close()))
    },
  }
}

function open(place: Place, subject: Subject, log: Log): Endpoints {
  const server = http.createServer(
    (asked, response) => void answer(subject, place.mayReload, asked, response),
  )
  Object.assign(server, { maxConnections: 64, headersTimeout: 5_000, requestTimeout: 5_000 })
  // Whatever listens must not keep a process alive whose work is done.
  server.unref()
  let again: NodeJS.Timeout | undefined
  let told = false
  let closed = false
  const listen = async () => {
    if (place.listen.path !== undefined) await prepare(place.listen.path)
    if (!closed) server.listen(place.listen)
  }
  server.on('listening', () => {
    if (place.listen.path !== undefined) chmodSync(place.listen.path, 0o600)
  })
  server.on('error', (error) => {
    if (!told) log.warn('host-endpoint-failed', { place: place.name, reason: explain(error) })
    told = true
    again = setTimeout(() => void listen(), retryMs).unref()
  })
  void listen()
  return {
    close() {
      closed = true
      clearTimeout(again)
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** A socket file outlives an agent that was killed; it is removed unless somebody answers there. */
async function prepare(path: string): Promise<void> {
  await makeDirectory(dirname(path)).catch(() => undefined)
  if (!(await isAnswered(path))) await rm(path, { force: true }).catch(() => undefined)
}

function isAnswered(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = http.request({ socketPath, path: '/', agent: false, timeout: 1_000 }, (response) => {
      response.resume()
      resolve(true)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
