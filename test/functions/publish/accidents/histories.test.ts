import { test } from 'node:test'
import fc from 'fast-check'
import { anyAccidents, playAccidents } from '../../../support/accidents/history.ts'
import { property } from '../../../support/scale.ts'

test('whatever happens to Consul: who lives keeps the traffic, who stopped loses it, holds are told, and all resumes', () => {
  fc.assert(fc.property(anyAccidents, playAccidents), property(7_500))
})
