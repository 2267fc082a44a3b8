import { registerHooks } from 'node:module'
import { mutations } from './mutations.ts'

/**
 * Loaded before a program (`node --import`): changes one rule in one source file as that file is loaded, as `QUAYSIDE_MUTATION` names it.
 * A text that isn't there exactly once ends the program: the list of mutations must not rot.
 */
const name = process.env.QUAYSIDE_MUTATION ?? ''
const mutation = mutations.find(({ rule }) => rule === name)
if (mutation === undefined) throw new Error(`no mutation ${JSON.stringify(name)}`)
const { file, from, to } = mutation
const root = new URL('../../../', import.meta.url).href

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    if (url !== `${root}${file}`) return loaded
    const source = Buffer.from(loaded.source as Uint8Array).toString()
    const parts = source.split(from)
    if (parts.length !== 2) {
      console.error(`${file} has ${parts.length - 1} places like ${JSON.stringify(from)}; one was expected`)
      process.exit(4)
    }
    console.log(`mutated: ${file}`)
    return { ...loaded, source: parts.join(to) }
  },
})
