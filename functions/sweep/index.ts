import { systemClock } from '../../adapters/clock.ts'
import { createLog } from '../../adapters/log.ts'
import { parseFunctionSettings } from '../../core/settings/environment.ts'
import { createSweepDeps } from './deps.ts'
import { createHandler } from './handler.ts'

const { bucket } = parseFunctionSettings(process.env)

export const handler = createHandler(createSweepDeps({ bucket, log: createLog(), clock: systemClock }))
