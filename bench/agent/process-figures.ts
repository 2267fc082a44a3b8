import { readdir, readFile } from 'node:fs/promises'

/** Resident memory in MB, and the part of it that no file stands behind. */
export async function memoryOf(pid: number): Promise<{ readonly rss: number; readonly anonymous: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
  return { rss: megabytes('VmRSS'), anonymous: megabytes('RssAnon') }
}

/** Milliseconds that all threads of a process have run so far; exact, where the process's own counters go in steps of 10 ms. */
export async function cpuMsOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const times = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  )
  return times.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1e6
}
