import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'

/**
 * One running process. `title` is its command line, or what the process wrote over it (nginx: "nginx: worker process is shutting down").
 * `started` is opaque text that stays the same for the life of the process: a pid with another `started` is another process.
 */
export interface ProcessEntry {
  readonly pid: number
  readonly ppid: number
  readonly title: string
  readonly started: string
}

type Wanted = (process: { pid: number; ppid: number }) => boolean

const ownStat = '/proc/self/stat'

/** Every process that this user can see, zombies left out: they run no more, they only wait for their parent. */
export function listProcesses(): Promise<ProcessEntry[]> {
  return read(() => true)
}

/** The direct children of `pid`; empty when it has none or doesn't exist. Where Linux lists them, no other process is looked at. */
export function childrenOf(pid: number): Promise<ProcessEntry[]> {
  const isChild: Wanted = (process) => process.ppid === pid
  const listed = childPids(pid)
  return listed === null
    ? read(isChild)
    : Promise.resolve(listed.flatMap((child) => readOneFromProc(child, isChild)))
}

/** The process with this pid, or undefined when it has ended (zombies included). */
export async function findProcess(pid: number): Promise<ProcessEntry | undefined> {
  if (existsSync(ownStat)) return readOneFromProc(String(pid), () => true)[0]
  const [entry] = await readFromPs((process) => process.pid === pid)
  return entry
}

/** Whether `pid` runs; with `started` (from an earlier entry), whether it is still that same process. */
export async function isAlive(pid: number, started?: string): Promise<boolean> {
  const entry = await findProcess(pid)
  return entry !== undefined && (started === undefined || entry.started === started)
}

/** /proc where there is one (Linux), else `ps` (macOS, BSD). */
function read(wanted: Wanted): Promise<ProcessEntry[]> {
  return existsSync(ownStat) ? Promise.resolve(readFromProc(wanted)) : readFromPs(wanted)
}

/** The /proc way. Reads are synchronous: they touch memory only, and a thread-pool hop per file would cost more. */
export function readFromProc(wanted: Wanted): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readOneFromProc(name, wanted) : []))
}

/** The pids that the kernel lists as children, or null where it keeps no such list (on Linux an option that is nearly always on). */
function childPids(pid: number): string[] | null {
  if (existsSync(ownStat) && !existsSync(`/proc/${pid}`)) return []
  try {
    // A child that ends while the list is read can hide its neighbour, so a list counts once it was read twice.
    for (let before = listChildren(pid); ; ) {
      const again = listChildren(pid)
      if (again === before) return before === '' ? [] : before.split(' ')
      before = again
    }
  } catch {
    return null
  }
}

/** A child belongs to the thread that made it; each thread has its list. */
function listChildren(pid: number): string {
  const threads = readdirSync(`/proc/${pid}/task`)
  const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim())
  return lists.filter((list) => list !== '').join(' ')
}

function readOneFromProc(pid: string, wanted: Wanted): ProcessEntry[] {
  try {
    const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    if (stat === undefined || !wanted(stat)) return []
    const title = titleOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), stat.name)
    return [{ pid: stat.pid, ppid: stat.ppid, title, started: stat.started }]
  } catch {
    return [] // The process ended between the listing and the read.
  }
}

/** The fields of /proc/<pid>/stat, or undefined for a zombie. The name is in parentheses and may itself hold any character. */
export function parseProcStat(
  text: string,
): { pid: number; ppid: number; name: string; started: string } | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const [state, ppid, ...rest] = text.slice(close + 2).split(' ')
  // Field 22 (start time in ticks since boot) is the 18th after `ppid`, which is field 4.
  const started = rest[17]
  if (open < 0 || close < open || state === 'Z' || state === 'X' || started === undefined) return undefined
  return { pid: Number(text.slice(0, open)), ppid: Number(ppid), name: text.slice(open + 1, close), started }
}

/** Arguments are NUL-separated; a process that rewrote its title pads it with NULs. Kernel threads have none: their name stands in. */
function titleOf(cmdline: string, name: string): string {
  return cmdline.replace(/\0+$/, '').replaceAll('\0', ' ').trim() || `[${name}]`
}

/** The `ps` way. The locale and time zone are fixed, because start times are compared as text. */
export async function readFromPs(wanted: Wanted): Promise<ProcessEntry[]> {
  const options = { maxBuffer: 64 * 1024 * 1024, env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' } }
  const { stdout } = await promisify(execFile)(
    'ps',
    ['-axww', '-o', 'pid=,ppid=,stat=,lstart=,command='],
    options,
  )
  return parsePs(stdout).filter(wanted)
}

/** Lines of `ps -o pid=,ppid=,stat=,lstart=,command=`; `lstart` is five words ("Fri Nov 20 01:02:03 2026"). */
export function parsePs(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\d{4})\s(.*)$/.exec(line)
    if (found === null) return []
    const [, pid, ppid, state = '', started = '', title = ''] = found
    return state.startsWith('Z')
      ? []
      : [{ pid: Number(pid), ppid: Number(ppid), title: title.trim(), started: started.replace(/\s+/g, ' ') }]
  })
}
