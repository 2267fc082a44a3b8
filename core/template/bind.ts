import Handlebars from 'handlebars'
import { nearest } from '../settings/nearest.ts'
import { type CallOptions, eachOf, ifHolds, section, within } from './blocks.ts'
import { encoders, isEncoder } from './encoders.ts'
import { helpersFor } from './helpers/all.ts'
import { type Helper, textArg } from './helpers/helper.ts'
import type { Session } from './session.ts'
import { markFor, marks, type WrittenValue } from './written.ts'

/** The place in the templates that is being rendered, and the values written so far. */
export type Output = { template: string; readonly values: WrittenValue[] }

type Bound = (this: unknown, ...given: unknown[]) => unknown
type Run = (context: unknown, args: readonly unknown[], options: CallOptions) => unknown

/** All functions in the shape in which Handlebars calls them, for one rendering. */
export function boundHelpers(session: Session, output: Output): Readonly<Record<string, Bound>> {
  const bind = (name: string, run: Run): [string, Bound] => [
    name,
    function (this: unknown, ...given: unknown[]) {
      const options = given.pop() as CallOptions
      return located(session, name, options, () => run(this, given, options))
    },
  ]
  const own = Object.entries(helpersFor(session)).map(([name, helper]): [string, Bound] => [
    name,
    function (this: unknown, ...given: unknown[]) {
      const options = given.pop() as CallOptions
      const value = located(session, name, options, () => call(helper, given, options))
      return options.fn === undefined ? value : section(this, value, options)
    },
  ])
  return Object.fromEntries([
    ...own,
    ...Object.keys(encoders).map((name) =>
      bind(name, (_, [value], options) => write(session, output, name, value, options)),
    ),
    bind('raw', (_, [value]) => raw(session, value)),
    bind('lookup', (_, [value, key], options) => Handlebars.helpers.lookup?.(value, key, options)),
    ...blocks(session),
  ])
}

/** An absent condition is false, since meta is there or not; an absent list is rather a misspelt name. */
function blocks(session: Session): [string, Bound][] {
  const block = (name: string, run: (context: unknown, value: unknown, options: CallOptions) => unknown) =>
    [
      name,
      function (this: unknown, value: unknown, options: CallOptions) {
        return run(this, value, options)
      },
    ] as [string, Bound]
  return [
    block('if', ifHolds),
    block('unless', (context, value, options) => ifHolds(context, !isTrue(value), options)),
    block('with', within),
    block('each-of', eachOf),
    block('each', (context, value, options) => {
      located(session, 'each', options, () => {
        if (value === undefined) throw new TypeError('the field is not there')
      })
      return eachOf(context, value, options)
    }),
  ]
}

function isTrue(value: unknown): boolean {
  return ifHolds(null, value, { hash: {}, fn: () => 'yes' }) === 'yes'
}

function write(session: Session, output: Output, name: string, value: unknown, options: CallOptions): string {
  if (session.isVoid() || !isEncoder(name)) return ''
  const written = encoders[name](value).map((one) => {
    const place = { template: output.template, line: options.loc?.start?.line ?? null }
    return markFor(output.values.push({ ...one, ...place }) - 1)
  })
  return written.join(' ')
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

/** Runs a function, and puts its name and the template's line on what it throws; once the result is void, nothing is an error. */
function located<T>(session: Session, name: string, options: CallOptions, run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (session.isVoid()) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    const message = name === 'write' ? reason : `${name}: ${reason}`
    throw Object.assign(new TypeError(message, { cause: error }), { lineNumber: options.loc?.start?.line })
  }
}
