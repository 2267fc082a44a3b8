/** The value of the leader's lock: who leads, with what, and until when. */
export type LeaderRecord = {
  /** Version of the code. */
  readonly code: string
  /** Digest of the settings. */
  readonly config: string
  /** Unix milliseconds at which it ends by itself. */
  readonly deadline: number
}

/** What a tick does: lead at once, wait to take over, ask the leader to go and then take over, or leave. */
export type TickDecision = 'lead' | 'stand by' | 'ask to yield' | 'leave'

/** A tick a minute comes along, so the one before the deadline must stay; the rest is for the start of a function. */
const standByMs = 75_000

/** `leader` is null where nobody holds the lock. */
export function decideTick(leader: LeaderRecord | null, own: LeaderRecord, now: number): TickDecision {
  if (leader === null) return 'lead'
  if (leader.code !== own.code || leader.config !== own.config) return 'ask to yield'
  return leader.deadline - now < standByMs ? 'stand by' : 'leave'
}

/** Throws nothing: a value that isn't a record counts as a leader of another version. */
export function parseLeader(text: string): LeaderRecord {
  const members = parse(text)
  const { code, config, deadline } = members
  return {
    code: typeof code === 'string' ? code : '',
    config: typeof config === 'string' ? config : '',
    deadline: typeof deadline === 'number' ? deadline : 0,
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
