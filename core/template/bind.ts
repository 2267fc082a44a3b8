import Handlebars from 'handlebars'
import { templateFailed } from '../render/template-failed.ts'
import { nearest } from '../settings/nearest.ts'
import { type CallOptions, eachOf, ifHolds, section, within } from './blocks.ts'
import { encoders, isEncoder } from './encoders.ts'
import { AbsentValue, absentField } from './failure.ts'
import { helpersFor } from './helpers/all.ts'
import { type Helper, textArg } from './helpers/helper.ts'
import { holds } from './helpers/logic.ts'
import type { Session } from './session.ts'
import { markFor, marks, type WrittenValue } from './written.ts'

/** The place in the templates that is being rendered, and the values written so far. */
export type Output = { template: string; readonly values: WrittenValue[] }

type Running = { readonly session: Session; readonly output: Output }

type Bound = (this: unknown, ...given: unknown[]) => unknown
type Run = (context: unknown, args: readonly unknown[], options: CallOptions) => unknown

/** All functions in the shape in which Handlebars calls them, for one rendering. */
export function boundHelpers(running: Running): Readonly<Record<string, Bound>> {
  const { session } = running
  const bind = (name: string, run: Run): [string, Bound] => [
    name,
    function (this: unknown, ...given: unknown[]) {
      const options = given.pop() as CallOptions
      return located(running, name, options, () => run(this, given, options))
    },
  ]
  const own = Object.entries(helpersFor(session)).map(([name, helper]): [string, Bound] => [
    name,
    function (this: unknown, ...given: unknown[]) {
      const options = given.pop() as CallOptions
      const value = located(running, name, options, () => call(helper, given, options))
      return options.fn === undefined ? value : section(this, value, options, session.originOf)
    },
  ])
  return Object.fromEntries([
    ...own,
    ...Object.keys(encoders).map((name) =>
      bind(name, (_, [value, field], options) => {
        if (value === undefined && typeof field === 'string') throw absentField(field)
        return write(running, name, value, options)
      }),
    ),
    bind('raw', (_, [value]) => raw(session, value)),
    bind('lookup', (_, [value, key], options) => Handlebars.helpers.lookup?.(value, key, options)),
    ...blocks(running),
  ])
}

/** An absent condition is false, since meta is there or not; an absent list is rather a misspelt name. */
function blocks(running: Running): [string, Bound][] {
  const { originOf } = running.session
  const block = (name: string, run: (context: unknown, value: unknown, options: CallOptions) => string) => {
    const bound: Bound = function (this: unknown, value: unknown, options: unknown) {
      return run(this, value, options as CallOptions)
    }
    return [name, bound] as [string, Bound]
  }
  return [
    block('if', ifHolds),
    block('unless', (context, value, options) => ifHolds(context, !holds(value), options)),
    block('with', within),
    block('each-of', (context, value, options) => eachOf(context, value, options, originOf)),
    block('each', (context, value, options) => {
      located(running, 'each', options, () => {
        if (value === undefined) throw new AbsentValue('the field is not there')
      })
      return eachOf(context, value, options, originOf)
    }),
  ]
}

function write({ session, output }: Running, name: string, value: unknown, options: CallOptions): string {
  if (session.isUnready() || !isEncoder(name)) return ''
  const place = {
    template: output.template,
    line: options.loc?.start?.line ?? null,
    origin: options.data?.quaysideOrigin ?? null,
  }
  return encoders[name](value)
    .map((one) => markFor(output.values.push({ ...one, ...place }) - 1))
    .join(' ')
}

function raw(session: Session, value: unknown): string {
  if (session.isVoid()) return ''
  const text = textArg(value)
  if (marks.test(text)) throw new TypeError('the value holds the private characters U+E000 or U+E001')
  return text
}

function call(helper: Helper, args: readonly unknown[], { hash }: CallOptions): unknown {
  const { least, most, named, run } = helper
  if (args.length < least || args.length > most) {
    const wanted = least === most ? String(least) : `${least} to ${most}`
    throw new TypeError(`takes ${wanted} arguments, got ${args.length}`)
  }
  const unknown = Object.keys(hash).find((name) => !named.includes(name))
  if (unknown === undefined) return run(args, hash)
  const meant = nearest(unknown, named)
  throw new TypeError(`${unknown}= is not known here${meant === null ? '' : `; did you mean ${meant}=?`}`)
}

/**
 * Runs a function, and puts its name and the template's line on what it throws. Within a loop over instances or services it is the item
 * that is blamed, and the rest goes on; where there will be no result anyway, nothing else is an error.
 */
function located<T>(running: Running, name: string, options: CallOptions, run: () => T): T | undefined {
  const { session, output } = running
  const origin = options.data?.quaysideOrigin
  const { line = 0, column = 0 } = options.loc?.start ?? {}
  const place = `${output.template}:${line}:${column}`
  try {
    const result = run()
    if (origin !== undefined) session.worked(place)
    return result
  } catch (error) {
    if (session.isUnready()) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    const failed = templateFailed(
      output.template,
      line,
      name === 'write' ? reason : `${name}: ${reason}`,
      error,
    )
    if (origin === undefined && !session.isVoid()) throw failed
    if (origin !== undefined)
      session.blame({ origin, error: failed, place, absent: error instanceof AbsentValue })
    return undefined
  }
}
