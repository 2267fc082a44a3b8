import { guardingRules } from './guarding.ts'
import { instancesRules } from './instances.ts'
import { ledgerRules } from './ledger.ts'
import type { Mutation } from './mutation.ts'
import { publishingRules } from './publishing.ts'
import { reconcilingRules } from './reconciling.ts'
import { registeringRules } from './registering.ts'

export const mutations: readonly Mutation[] = [
  ...ledgerRules,
  ...instancesRules,
  ...registeringRules,
  ...reconcilingRules,
  ...publishingRules,
  ...guardingRules,
]
