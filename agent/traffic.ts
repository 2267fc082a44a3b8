import { askedToWaitMs } from '../core/host/poll-delay.ts'
import type { HttpReply } from './http.ts'

/** What the bucket has cost this agent so far. */
export type Traffic = {
  requests: number
  /** Answers that said that nothing changed. */
  notModified: number
  /** Of bodies, as they came over the wire. */
  bytes: number
  /** How long the bucket has asked to be left alone; whoever heeds it sets it back to 0. */
  askedToWaitMs: number
}

export function noTraffic(): Traffic {
  return { requests: 0, notModified: 0, bytes: 0, askedToWaitMs: 0 }
}

export function countReply(traffic: Traffic, { status, headers, body }: HttpReply, now: number): void {
  traffic.requests += 1
  traffic.bytes += body.length
  if (status === 304) traffic.notModified += 1
  if (status >= 400) traffic.askedToWaitMs = askedToWaitMs(headers['retry-after'], now)
}
