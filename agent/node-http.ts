import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * Node's own clients and server. A module that imports `node:http` has Node read each of its members, and one of them loads another client,
 * 6 MB of memory that the agent has no use for; `require` reads those that are used.
 */
export const http = require('node:http') as typeof import('node:http')
export const https = require('node:https') as typeof import('node:https')
