import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Judged, JudgedService } from '../../../core/catalog/judge.ts'
import { createOwners } from '../../../core/publish/owners.ts'
import { property } from '../../support/scale.ts'

const instance = fc.record({
  address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3'),
  port: fc.constantFrom(80, 81),
  ledger: fc.constantFrom('task-1', 'task-2', null),
  verdict: fc.constantFrom('passing' as const, 'draining' as const, 'unhealthy' as const),
})
const change = fc.record({
  source: fc.constantFrom('a@dc1', 'b@dc1', 'c@dc1'),
  instances: fc.option(fc.array(instance, { maxLength: 3 })),
  isKnown: fc.boolean(),
})

test('an owner is found at its place whatever was shown before, and in whatever order', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
      const services = new Map<string, JudgedService>()
      const owners = createOwners()
      for (const { source, instances, isKnown } of changes) {
        if (instances === null) services.delete(source)
        else services.set(source, judged(instances))
        owners.show(services, isKnown ? [source] : null)
        const fresh = createOwners()
        fresh.show(new Map([...services].reverse()), null)
        for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
          for (const port of [80, 81])
            assert.equal(
              owners.ownerOf({ address, port, weight: 1 }),
              fresh.ownerOf({ address, port, weight: 1 }),
            )
      }
    }),
    property(2_000),
  )
})

test('who drains, or was registered by others, owns no place', () => {
  const owners = createOwners()
  const at = (port: number) => owners.ownerOf({ address: '10.0.0.1', port, weight: 1 })
  const common = { address: '10.0.0.1', ledger: 'task-1' }
  const instances = [
    { ...common, port: 80, verdict: 'draining' as const },
    { ...common, port: 81, ledger: null, verdict: 'passing' as const },
    { ...common, port: 82, verdict: 'unhealthy' as const },
  ]
  owners.show(new Map([['a@dc1', judged(instances)]]), null)
  for (let asked = 0; asked < 5; asked += 1)
    assert.deepEqual([80, 81, 82].map(at), [undefined, undefined, 'task-1'])
})

type Placed = Pick<Judged, 'ledger' | 'verdict'> & { readonly address: string; readonly port: number }

function judged(instances: readonly Placed[]): JudgedService {
  const all = instances.map(({ address, port, ledger, verdict }, at) => ({
    ...{ node: 'n', id: String(at), cluster: null, ledger, verdict },
    server: { address, port, weight: 1 },
  }))
  return { name: 'a', datacenter: 'dc1', instances: all, failOpen: true, problems: [] }
}
