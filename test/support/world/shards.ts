import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export type Proof = 'histories' | 'events'
export type Outcome = { readonly code: number | null; readonly output: string }

const prover = fileURLToPath(new URL('prove.ts', import.meta.url))

/** Runs a program of Node's in a child process; `output` is what it wrote to both its streams. */
export async function runNode(
  args: readonly string[],
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<Outcome> {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, signal })
  const exit = once(child, 'exit')
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await exit) as [number | null]
  return { code, output: out + err }
}

/** A proof by that many histories, in as many processes as the machine has processors, each with a seed of its own. */
export async function prove(
  proof: Proof,
  histories: number,
  seed: number,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const shards = Math.min(availableParallelism(), Math.ceil(histories / 100))
  const each = Math.ceil(histories / shards)
  return Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      runNode([prover, proof, String(each), String(seed + shard)], {}, signal),
    ),
  )
}
