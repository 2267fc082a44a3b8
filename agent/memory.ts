import type { QuaysideError } from '../core/errors.ts'
import type { Target } from '../core/host/choose-target.ts'
import type { Pointer } from '../core/release/channel.ts'
import type { HostReport } from '../core/release/report.ts'
import { type CertificateMemory, noCertificates } from './certificates.ts'
import type { Content } from './content.ts'
import type { EntryTexts } from './entries.ts'
import { createReloadDesk, type ReloadDesk } from './reload-desk.ts'
import type { Staged } from './stage.ts'

/** A configuration that was staged and tested and may be loaded once the gate opens. */
export type Prepared = {
  readonly target: Target
  readonly content: Content
  readonly staged: Staged
  readonly entries: EntryTexts
  readonly urgent: boolean
  /** Why nginx has to load it, where that isn't plain. */
  readonly why: string
  readonly readySince: number
}

/** What an agent remembers while it runs; a new one finds everything that matters in the state file. */
export type Memory = {
  etag: string | null
  /** The pointer that was verified last. */
  wanted: Pointer | null
  /** Why the object that the channel holds now is not accepted. */
  refused: QuaysideError | null
  /** Why the channel can't be read, as long as it never was. */
  unread: QuaysideError | null
  prepared: Prepared | null
  /** Whether the entry files were compared with the state since the start. */
  settled: boolean
  /** When the entry files were last compared with the state. */
  entriesSeenAt: number
  /** Whether what nginx would load at its next start was found whole, and when. */
  whole: { readonly at: number; readonly is: boolean }
  lastReloadAt: number | null
  /** When nginx was last looked for, and whether it ran. */
  seen: { readonly at: number; readonly running: boolean }
  /** Which master ran when what nginx can do was last looked at, and when that was. */
  master: { readonly at: number; readonly id: string | null }
  /** Which master was last seen serving what is confirmed, when, and how often since then it was seen not to. */
  served: { readonly by: string | null; readonly at: number; readonly missed: number }
  /** The volatile files that two layouts make in the same way, so that they aren't read in every cycle. */
  shared: { readonly of: string; readonly paths: ReadonlySet<string> } | null
  /** How long the last `nginx -t` took. */
  testMs: number
  /** When this agent last brought a release into use, and how long after it was signed. */
  live: HostReport['live']
  /** The configuration during whose last reload the master process ended. */
  endedUnder: string | null
  /** Which reload brought each worker. */
  born: Map<number, number>
  reloads: number
  /** When the channel was last heard. */
  polledAt: number | null
  certificates: CertificateMemory
  readonly desk: ReloadDesk
  /** The agent is to end: nothing new is begun. */
  stopping: boolean
}

export function emptyMemory(): Memory {
  return {
    etag: null,
    wanted: null,
    refused: null,
    unread: null,
    prepared: null,
    settled: false,
    entriesSeenAt: Number.NEGATIVE_INFINITY,
    whole: { at: Number.NEGATIVE_INFINITY, is: true },
    lastReloadAt: null,
    seen: { at: Number.NEGATIVE_INFINITY, running: true },
    master: { at: Number.NEGATIVE_INFINITY, id: null },
    served: { by: null, at: Number.NEGATIVE_INFINITY, missed: 0 },
    shared: null,
    testMs: 0,
    live: null,
    endedUnder: null,
    born: new Map(),
    reloads: 0,
    polledAt: null,
    certificates: noCertificates(),
    desk: createReloadDesk(),
    stopping: false,
  }
}
