import { existsSync, readFileSync } from 'node:fs'
import { systemClock } from '../../adapters/clock.ts'
import { createConsulSecret } from '../../adapters/consul-secret.ts'
import { readFunctionSettings } from '../../adapters/function-settings.ts'
import { createLog } from '../../adapters/log.ts'
import { createMetrics } from '../../adapters/metrics.ts'
import { readTemplateSets } from '../../adapters/templates.ts'
import { sha256 } from '../../core/canonical.ts'
import { createPublishDeps } from './deps.ts'
import { createHandler } from './handler.ts'

const operator = new URL('./operator/', import.meta.url)
const settings = readFunctionSettings(process.env, import.meta.url)

export const handler = createHandler(
  createPublishDeps({
    settings,
    access: createConsulSecret(settings, systemClock),
    ...readTemplateSets(new URL('./templates/', import.meta.url), existsSync(operator) ? operator : null),
    code: sha256(readFileSync(new URL(import.meta.url))),
    log: createLog(),
    metrics: createMetrics(settings.deployment),
    clock: systemClock,
  }),
)
