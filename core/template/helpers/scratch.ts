import { byText } from '../../canonical.ts'
import { type Helpers, takes, textArg } from './helper.ts'

/** The notebook's functions that note something, and write nothing themselves. */
export const scratchSetters: readonly string[] = ['Set', 'SetX', 'MapSet', 'MapSetX']

/**
 * A notebook for one rendering, shared with its partials. Written `scratch.Set "key" value` in templates; the names here are what
 * those calls are compiled to.
 */
export function scratchHelpers(): Helpers {
  const notes = new Map<string, unknown>()

  function mapAt(key: unknown): Map<string, unknown> {
    const found = notes.get(textArg(key)) ?? new Map()
    if (!(found instanceof Map)) throw new TypeError(`scratch holds no map under "${textArg(key)}"`)
    notes.set(textArg(key), found)
    return found
  }

  return {
    'scratch.Key': takes(1, (key) => notes.has(textArg(key))),
    'scratch.Get': takes(1, (key) => plain(notes.get(textArg(key)))),
    'scratch.Set': takes(2, (key, value) => void notes.set(textArg(key), value)),
    'scratch.SetX': takes(2, (key, value) => {
      if (!notes.has(textArg(key))) notes.set(textArg(key), value)
    }),
    'scratch.MapSet': takes(3, (key, member, value) => void mapAt(key).set(textArg(member), value)),
    'scratch.MapSetX': takes(3, (key, member, value) => {
      const map = mapAt(key)
      if (!map.has(textArg(member))) map.set(textArg(member), value)
    }),
    'scratch.MapValues': takes(1, (key) =>
      [...mapAt(key)].sort(([a], [b]) => byText(a, b)).map(([, value]) => value),
    ),
  }
}

function plain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}
