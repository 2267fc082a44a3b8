import Handlebars from 'handlebars'
import { holds } from './helpers/logic.ts'
import type { Origin } from './origin.ts'

/** What Handlebars hands to a function: the block's own text and its `{{else}}`, if it was called as a block. */
export type CallOptions = {
  readonly fn?: (context: unknown, more?: { readonly data?: Frame }) => string
  readonly inverse?: (context: unknown) => string
  readonly hash: Readonly<Record<string, unknown>>
  readonly data?: Frame
  readonly loc?: { readonly start?: { readonly line?: number; readonly column?: number } }
}

/** Handlebars' own variables, such as `@index`; a loop's are copied into those of the blocks within it. */
export type Frame = { quaysideOrigin?: Origin | undefined }
type OriginOf = (item: unknown) => Origin | undefined

const { each, with: withIn } = Handlebars.helpers

/** What a function that is called as a block does with its result: a list is looped over, anything else is entered if it is something. */
export function section(context: unknown, value: unknown, options: CallOptions, originOf: OriginOf): string {
  if (Array.isArray(value)) return eachOf(context, value, options, originOf)
  if (typeof value === 'boolean') return ifHolds(context, value, options)
  return within(context, value, options)
}

/** Loops, and tells the functions that are called within which item they are called for. */
export function eachOf(context: unknown, value: unknown, options: CallOptions, originOf: OriginOf): string {
  const { fn, data } = options
  const tracked: CallOptions['fn'] = (item, more) => {
    if (more?.data !== undefined) more.data.quaysideOrigin = originOf(item) ?? data?.quaysideOrigin
    return fn?.(item, more) ?? ''
  }
  return String(each?.call(context, value, { ...options, fn: tracked }) ?? '')
}

export function within(context: unknown, value: unknown, options: CallOptions): string {
  if (!holds(value)) return options.inverse?.(context) ?? ''
  return String(withIn?.call(context, value, options) ?? '')
}

export function ifHolds(context: unknown, value: unknown, options: CallOptions): string {
  return (holds(value) ? options.fn?.(context) : options.inverse?.(context)) ?? ''
}
