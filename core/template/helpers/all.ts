import { openSession, type Session } from '../session.ts'
import { codecHelpers } from './codec.ts'
import { consulHelpers } from './consul.ts'
import type { Helpers } from './helper.ts'
import { logicHelpers } from './logic.ts'
import { mapHelpers } from './maps.ts'
import { mathsHelpers } from './maths.ts'
import { scratchHelpers } from './scratch.ts'
import { selectHelpers } from './select.ts'
import { textHelpers } from './text.ts'

/** Every function that templates can call, for one rendering. The list is closed. */
export function helpersFor(session: Session): Helpers {
  return {
    ...consulHelpers(session),
    ...selectHelpers,
    ...mapHelpers,
    ...textHelpers,
    ...codecHelpers,
    ...mathsHelpers,
    ...logicHelpers,
    ...scratchHelpers(),
  }
}

const absent = () => undefined

export const helperNames: readonly string[] = Object.keys(
  helpersFor(
    openSession({
      datacenter: '',
      service: absent,
      services: absent,
      nodes: absent,
      node: absent,
      key: absent,
      folder: absent,
      datacenters: absent,
    }),
  ),
)

/** Blocks that Handlebars brings with it. */
export const blockNames: readonly string[] = ['if', 'unless', 'each', 'with']

/** What writes a value in another way than `{{x}}` alone does. */
export const writerNames: readonly string[] = ['token', 'quoted', 'comment', 'words', 'raw']
