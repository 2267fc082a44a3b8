import { addressOf, type BenchInstance, type BenchService, createInstance } from '../instances.ts'

/** What becomes of one service; `turn` is different for each change, so that nothing is the same twice. */
export type Change = (service: BenchService, turn: number) => BenchService

/** Addresses that no instance of the catalog has. */
const elsewhere = 200 << 16

/** Changes of one service, by what is changed. Those of labels alter the layout, the others endpoints alone. */
export const changes: Readonly<Record<string, Change>> = {
  address: (service, turn) => onFirst(service, { address: addressOf(elsewhere + turn) }),
  weight: (service, turn) => onFirst(service, { weight: 2 + (turn % 100) }),
  unhealthy: (service) => onFirst(service, { check: 'unhealthy' }),
  added: ({ name, instances }, turn) => {
    const index = Number(name.slice(name.lastIndexOf('-') + 1))
    return { name, instances: [...instances, createInstance(index, instances.length, elsewhere + turn)] }
  },
  'label: timeout': (service, turn) => onAll(service, { 'nginx-read-timeout': `${61 + turn}s` }),
  'label: path': (service, turn) => onAll(service, { 'nginx-path': `/v${turn}` }),
}

export function isLabel(kind: string): boolean {
  return kind.startsWith('label: ')
}

function onFirst({ name, instances }: BenchService, over: Partial<BenchInstance>): BenchService {
  return { name, instances: instances.map((one, at) => (at === 0 ? { ...one, ...over } : one)) }
}

function onAll({ name, instances }: BenchService, over: Readonly<Record<string, string>>): BenchService {
  return { name, instances: instances.map((one) => ({ ...one, meta: { ...one.meta, ...over } })) }
}
