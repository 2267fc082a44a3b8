import { readFileSync } from 'node:fs'
import { sha256 } from '../core/canonical.ts'
import type { Target } from '../core/host/choose-target.ts'
import { addressesIn, endpointDiff, minus, sourcesOf } from '../core/host/endpoint-diff.ts'
import type { Installed } from '../core/host/host-state.ts'
import { layoutKey } from '../core/release/keys.ts'
import { parseEndpoints } from '../core/release/parse-endpoints.ts'
import { parseLayout } from '../core/release/parse-layout.ts'
import { certificateFingerprint, lookAtTested } from './certificates.ts'
import { checkAddresses, checkFiles } from './check-files.ts'
import { type Content, fetchContent } from './content.ts'
import { areInPlace, entryTexts } from './entries.ts'
import type { Host } from './host.ts'
import type { Prepared } from './memory.ts'
import type { Course } from './resolver/follow.ts'
import { stage } from './stage.ts'
import type { Steps } from './steps.ts'
import { testCandidate } from './test-candidate.ts'
import { agentVersion } from './version.ts'

/** Everything up to the moment at which nginx would be touched: content fetched, staged and tested. */
export async function prepare(host: Host, steps: Steps, target: Target, course: Course): Promise<Prepared> {
  const { settings, folders, blobs, state, memory, capability } = host
  const content = course.content ?? (await compose(host, steps, target))
  const staged = await steps.run('stage', () => stage(folders, content))
  const entries = entryTexts(settings, capability, staged)
  const { configId } = content.installed
  const { confirmed } = state.current
  if (configId !== confirmed?.configId || !(await areInPlace(entries)))
    await steps.run('test', async () => {
      await lookAtTested(host, staged)
      if (filesOf(content.installed) !== (confirmed === null ? null : filesOf(confirmed)))
        await checkFiles(settings, blobs, content)
      const start = host.elapsed()
      await testCandidate(settings.nginx, folders.candidate, entries)
      memory.testMs = host.elapsed() - start
    })
  const urgent = course.urgent || (await isUrgent(host, confirmed, content))
  return { target, content, staged, entries, urgent, why: course.why, readySince: host.elapsed() }
}

/** The content of a target, with every address checked against what may be an upstream server here. */
export async function compose(host: Host, steps: Steps, target: Target): Promise<Content> {
  const content = await steps.run('fetch', () => fetchContent(host, target))
  checkAddresses(content.endpoints)
  return content
}

/** Names all files but the upstreams. */
function filesOf({ layout, volatile }: Installed): string {
  return [layout, ...volatile].map(({ sha256 }) => sha256).join(' ')
}

/** What the host is like: when it changes, what failed before may work. */
export function hostFingerprint(host: Host): string {
  const mainConf = sha256(mainConfText(host.settings.nginx.mainConf))
  const files = sha256(`${mainConf} ${certificateFingerprint(host)}`).slice(0, 16)
  return `${host.capability.version} ${agentVersion} ${files}`
}

/** Read synchronously: with each poll, four hops to the thread pool cost more than all the rest that the agent does then. */
function mainConfText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** An address that left must get no more traffic: in ECS it soon is somebody else's. */
async function isUrgent({ blobs }: Host, confirmed: Installed | null, content: Content): Promise<boolean> {
  if (confirmed === null) return false
  try {
    const layoutText = await blobs.read(confirmed.layout, layoutKey(confirmed.layout.sha256))
    const sources = sourcesOf(parseLayout(layoutText.toString(), confirmed.layout.sha256))
    const before = parseEndpoints((await blobs.read(confirmed.endpoints)).toString())
    if (endpointDiff(before, content.endpoints, sources).removed.length > 0) return true
    const read = async (files: Installed['volatile']) =>
      addressesIn((await Promise.all(files.map((file) => blobs.read(file)))).join('\n'))
    return minus(await read(confirmed.volatile), await read(content.installed.volatile)).length > 0
  } catch {
    return true // What was there before can't be read any more; the safe answer costs one early reload.
  }
}
