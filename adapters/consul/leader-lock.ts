import { canonicalJson } from '../../core/canonical.ts'
import { type LeaderRecord, parseLeader } from '../../core/publish/leader.ts'
import type { ConsulClient } from './client.ts'
import { kvPath, readKey } from './kv.ts'
import { acquireKey, createSession, destroySession, renewSession } from './session.ts'

/** The lock that keeps publishers from doing the same work twice. Nothing relies on it for being right. */
export type LeaderLock = {
  /** Who holds it now, or null. */
  readonly read: () => Promise<LeaderRecord | null>
  readonly acquire: () => Promise<boolean>
  /** Tells the leader to end, which it does within a few seconds. */
  readonly askToYield: () => Promise<void>
  /** Aborts once the lock was lost or another version asked for it. */
  readonly ended: AbortSignal
  readonly release: () => Promise<void>
}

const ttlSeconds = 10
const beatMs = 3_000

export function createLeaderLock(client: ConsulClient, key: string, own: LeaderRecord): LeaderLock {
  const ended = new AbortController()
  const yieldKey = `${key}/yield`
  let session: string | null = null
  let timer: NodeJS.Timeout | null = null

  async function beat(): Promise<void> {
    try {
      // After Consul lost its data nobody holds the lock: then it is simply taken again, and work goes on meanwhile.
      if (!(await renew()) && !(await take())) return ended.abort('the lock was lost to another publisher')
      const asked = await readKey(client, yieldKey)
      if (asked !== null && isOther(parseLeader(asked.value), own))
        ended.abort('another version asked for the lock')
    } catch {
      // Consul being away doesn't end the lead: the session may well be renewed by a later beat, and if not, that one says so.
    }
  }

  async function renew(): Promise<boolean> {
    if (session !== null && (await renewSession(client, session))) return true
    session = null
    return false
  }

  async function take(): Promise<boolean> {
    session ??= await createSession(client, { name: 'quayside-publish', ttlSeconds, lockDelaySeconds: 0 })
    return acquireKey(client, key, canonicalJson(own), session)
  }

  async function acquire(): Promise<boolean> {
    if (!(await take())) {
      await renew()
      return false
    }
    timer ??= setInterval(() => void beat(), beatMs)
    await client.request({ method: 'DELETE', path: kvPath(yieldKey) })
    return true
  }

  return {
    read: async () => {
      const entry = await readKey(client, key)
      return entry === null || entry.session === null ? null : parseLeader(entry.value)
    },
    acquire,
    askToYield: async () => {
      await client.request({ method: 'PUT', path: kvPath(yieldKey), body: canonicalJson(own) })
    },
    ended: ended.signal,
    release: async () => {
      if (timer !== null) clearInterval(timer)
      timer = null
      if (session === null) return
      const id = session
      session = null
      await destroySession(client, id)
    },
  }
}

function isOther(asked: LeaderRecord, own: LeaderRecord): boolean {
  return asked.code !== own.code || asked.config !== own.config
}
