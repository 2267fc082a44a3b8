import { createLog } from '../../adapters/log.ts'
import { createPublicKeyDeps } from './deps.ts'
import { createHandler } from './handler.ts'

export const handler = createHandler(createPublicKeyDeps({ log: createLog() }))
