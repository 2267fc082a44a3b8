import { connect } from 'node:net'
import type { Probe } from '../core/host/confirm-verdict.ts'
import { readAnswer, releasePath } from '../core/host/entry-file.ts'
import { http } from './node-http.ts'

const timeoutMs = 1_000
const longestAnswer = 200

/** Asks the control servers on `count` fresh connections per context; every failure is a null. */
export function probeAll(
  ports: { readonly http: number; readonly stream: number | null },
  count: number,
): Promise<readonly (readonly Probe[])[]> {
  const { stream } = ports
  const askers = [() => probeHttp(ports.http), ...(stream === null ? [] : [() => probeStream(stream)])]
  return Promise.all(askers.map((ask) => Promise.all(Array.from({ length: count }, ask))))
}

export function probeHttp(port: number): Promise<Probe> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: releasePath, agent: false, timeout: timeoutMs }
    const sent = http.request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text = (text + part).slice(0, longestAnswer)
      })
      response.on('error', () => resolve(null))
      response.on('end', () => resolve(readAnswer(text)))
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(null))
    sent.on('close', () => resolve(null))
    sent.end()
  })
}

export function probeStream(port: number): Promise<Probe> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port })
    socket.setTimeout(timeoutMs, () => socket.destroy())
    socket.setEncoding('utf8')
    socket.on('data', (part: string) => {
      text = (text + part).slice(0, longestAnswer)
    })
    socket.on('error', () => resolve(null))
    socket.on('close', () => resolve(readAnswer(text)))
  })
}

/** Whether nobody listens there, which is more than getting no answer. */
export function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.setTimeout(timeoutMs, () => socket.destroy())
    socket.on('connect', () => socket.destroy())
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    socket.on('close', () => resolve(false))
  })
}
