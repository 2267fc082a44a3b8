import { readFile } from 'node:fs/promises'

export type User = { readonly name: string; readonly uid: number; readonly gid: number }

/** The users of /etc/passwd; those of a directory service are not among them. */
export async function readUsers(): Promise<readonly User[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':')
    return name === '' || uid === undefined ? [] : [{ name, uid: Number(uid), gid: Number(gid) }]
  })
}
