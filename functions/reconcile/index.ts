import { systemClock } from '../../adapters/clock.ts'
import { createConsulSecret } from '../../adapters/consul-secret.ts'
import { createLog } from '../../adapters/log.ts'
import { createMetrics } from '../../adapters/metrics.ts'
import { parseFunctionSettings } from '../../core/settings/environment.ts'
import { createReconcileDeps } from './deps.ts'
import { createHandler } from './handler.ts'

const settings = parseFunctionSettings(process.env)
const metrics = createMetrics(settings.deployment)
const access = createConsulSecret(settings.consulSecret, systemClock)

export const handler = createHandler(
  createReconcileDeps({ settings, access, log: createLog(), metrics, clock: systemClock }),
)
