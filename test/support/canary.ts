import { PutObjectCommand } from '@aws-sdk/client-s3'
import { hostReportKey } from '../../core/release/keys.ts'
import type { HostReport } from '../../core/release/report.ts'
import type { CanarySettings, FunctionSettings } from '../../core/settings/settings.ts'
import { currentRelease, functionSettings } from './publisher.ts'
import type { TestS3 } from './s3.ts'

/** Settings with a canary channel; promoted by hand only unless told otherwise. */
export function withCanary(over: Partial<CanarySettings> = {}): FunctionSettings {
  const canary = { channel: 'canary', soakMs: null, addsOnly: false, ...over }
  const pace = { quietMs: 0, debounceMinMs: 0, debounceMaxMs: 0, budgetBurst: 100, budgetEveryMs: 1 }
  return functionSettings({ canary, pace })
}

/** Both channels as hosts see them. */
export function bothChannels(s3: TestS3) {
  const [canary, current] = [currentRelease(s3, 'canary'), currentRelease(s3)]
  return {
    canary: canary && { ...canary, layout: canary.pointer.layout.sha256 },
    current: current && { ...current, layout: current.pointer.layout.sha256 },
  }
}

/** A host of the canary channel reports how the layout that is in force there does. */
export async function report(s3: TestS3, outcome: HostReport['outcome'], host = 'AROA:i-1'): Promise<void> {
  const { pointer } = currentRelease(s3, 'canary') ?? {}
  if (pointer === undefined) throw new Error('nothing is published on the canary channel')
  const layout = pointer.layout.sha256
  const offered = { generation: pointer.generation, releaseId: 'x', layout }
  const isFine = outcome === 'installed'
  const body: HostReport = {
    ...{ live: null, schema: 1, host, deployment: 'test', channel: 'canary', offered, outcome },
    applied: isFine ? { ...offered, configId: 'c', endpoints: 'e' } : null,
    step: isFine ? null : 'test',
    reason: isFine ? '' : 'nginx says no',
    ...{ timings: {}, nginx: '1.27.3', agent: '0', at: new Date().toISOString() },
  }
  await s3.client.send(
    new PutObjectCommand({ Bucket: s3.bucket, Key: hostReportKey(host), Body: JSON.stringify(body) }),
  )
}
