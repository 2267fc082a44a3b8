import { oneOf } from './fields.ts'
import type { Labels } from './labels.ts'
import type { Problem } from './problem.ts'
import { invalid } from './read-route.ts'

/** `serve` keeps unhealthy instances where nothing passes, as load balancers fail open; `503` answers that instead. */
export type UnhealthyPolicy = 'serve' | '503'

const key = 'nginx-on-unhealthy'

/** What the labels of a service say; an invalid value means `serve`, and is reported. */
export function readUnhealthyPolicy(
  source: string,
  labels: Labels,
): { policy: UnhealthyPolicy; problems: readonly Problem[] } {
  const text = labels[key] ?? 'serve'
  const reading = oneOf('serve', '503')(text)
  return 'value' in reading
    ? { policy: reading.value, problems: [] }
    : { policy: 'serve', problems: [invalid(source, key, text, reading.expected)] }
}
