import { systemClock } from '../../adapters/clock.ts'
import { readFunctionSettings } from '../../adapters/function-settings.ts'
import { createLog } from '../../adapters/log.ts'
import { createSweepDeps } from './deps.ts'
import { createHandler } from './handler.ts'

const { bucket } = readFunctionSettings(process.env, import.meta.url)

export const handler = createHandler(createSweepDeps({ bucket, log: createLog(), clock: systemClock }))
