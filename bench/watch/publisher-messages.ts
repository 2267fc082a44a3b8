import type { ConsulAccess } from '../../adapters/consul/access.ts'
import type { Expected } from './changes.ts'

/** What the publisher's process is told. `endpoints`: how many make the first rendering complete. */
export type ToPublisher =
  | {
      readonly kind: 'start'
      readonly access: ConsulAccess
      readonly s3: string
      readonly privateKey: string
      readonly endpoints: number
    }
  | { readonly kind: 'expect'; readonly id: number; readonly expected: Expected }
  | { readonly kind: 'stop' }

/** What it tells; times are of the machine's clock. */
export type FromPublisher =
  | { readonly kind: 'complete'; readonly at: number; readonly handlerAt: number }
  | { readonly kind: 'rendered'; readonly id: number; readonly at: number }
  | { readonly kind: 'complaint'; readonly line: string }
