import type { Need } from './need.ts'
import type { OperatorFile, RenderedFile } from './operator-files.ts'
import { serialiseTemplate } from './template.ts'

/** What stands for the data that a need reads: the same objects and texts as long as the data are the same. */
export type ReadIdentity = (need: Need) => readonly unknown[]

type Known = {
  readonly before: OperatorFile | null
  readonly read: readonly unknown[]
  readonly result: RenderedFile
}

/** Renders a file unless it has done so with the same data: most changes of a catalog concern no template. */
export type RenderOnce = (
  key: string,
  before: OperatorFile | null,
  identity: ReadIdentity,
  render: () => RenderedFile,
) => RenderedFile

/** It never changes a result. What is as it was before is the same object as before. */
export function createRenderMemo(): RenderOnce {
  const known = new Map<string, Known>()
  return (key, before, identity, render) => {
    const last = known.get(key)
    if (last !== undefined && isSameStart(last, before) && isSameRead(last, identity)) return last.result
    const result = render()
    const read = readBy(result, identity)
    // Many wakes change what a template reads and not what it writes.
    const kept = last !== undefined && isSameResult(last.result, result) ? last.result : result
    known.set(key, { before, read, result: kept })
    return kept
  }
}

/**
 * Whether the file in force makes no difference: it is the same, or the rendering succeeded with a template that is as proven as it
 * was then.
 */
function isSameStart({ before, result }: Known, now: OperatorFile | null): boolean {
  if (before === now) return true
  const succeeded = result.file !== null && result.file.blobs.length > 0
  return succeeded && templateText(before) === templateText(now)
}

function templateText(file: OperatorFile | null): string | null {
  const template = file?.volatile?.template
  return template === undefined ? null : serialiseTemplate(template)
}

function isSameRead({ read, result }: Known, identity: ReadIdentity): boolean {
  const now = readBy(result, identity)
  return now.length === read.length && now.every((one, at) => one === read[at])
}

function readBy({ needs }: RenderedFile, identity: ReadIdentity): readonly unknown[] {
  return needs.flatMap(identity)
}

function isSameResult(a: RenderedFile, b: RenderedFile): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
