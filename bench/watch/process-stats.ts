import { readdir, readFile, readlink } from 'node:fs/promises'

/** What Linux counts of a process, the same way for every program. */
export type ProcessStats = {
  /** User and system time of all its threads; the kernel counts in steps of 10 ms. */
  readonly cpuMs: number
  readonly rssMb: number
}

// USER_HZ, which is 100 on every architecture that Node runs on.
const msPerTick = 10

export async function readStats(pid: number): Promise<ProcessStats> {
  const [stat, status] = await Promise.all(
    ['stat', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
  )
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0)
  return { cpuMs: cpuTicks(stat ?? '') * msPerTick, rssMb: kilobytes / 1024 }
}

/** Established TCP connections of a process to a port of this machine. */
export async function connectionsTo(pid: number, port: number): Promise<number> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  )
  const sockets = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]))
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((file) => readFile(`/proc/${pid}/net/${file}`, 'utf8').catch(() => '')),
  )
  return tables.flatMap((table) => establishedTo(table, port)).filter((inode) => sockets.has(inode)).length
}

const established = '01'

/** Inodes of the lines of /proc/net/tcp that are established to the port; all numbers in it are hexadecimal. */
export function establishedTo(table: string, port: number): readonly string[] {
  return table.split('\n').flatMap((line) => {
    const [, , remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/)
    const isIt = state === established && Number.parseInt(remote.split(':').at(-1) ?? '', 16) === port
    return isIt ? [inode] : []
  })
}

/** Fields 14 and 15 of /proc/<pid>/stat. The second, the program's name, may hold spaces and parentheses. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
