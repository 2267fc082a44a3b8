import { systemClock } from '../../adapters/clock.ts'
import { createConsulSecret } from '../../adapters/consul-secret.ts'
import { readFunctionSettings } from '../../adapters/function-settings.ts'
import { createLog } from '../../adapters/log.ts'
import { createMetrics } from '../../adapters/metrics.ts'
import { createRegisterDeps } from './deps.ts'
import { createHandler } from './handler.ts'

const settings = readFunctionSettings(process.env, import.meta.url)
const metrics = createMetrics(settings.deployment)
const access = createConsulSecret(settings, systemClock)

export const handler = createHandler(
  createRegisterDeps({ settings, access, log: createLog(), metrics, clock: systemClock }),
)
