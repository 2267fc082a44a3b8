import Handlebars from 'handlebars'
import { holds } from './helpers/logic.ts'

/** What Handlebars hands to a function: the block's own text and its `{{else}}`, if it was called as a block. */
export type CallOptions = {
  readonly fn?: (context: unknown, more?: object) => string
  readonly inverse?: (context: unknown) => string
  readonly hash: Readonly<Record<string, unknown>>
  readonly loc?: { readonly start?: { readonly line?: number } }
}

const { each, with: withIn } = Handlebars.helpers

/** What a function that is called as a block does with its result: a list is looped over, anything else is entered if it is something. */
export function section(context: unknown, value: unknown, options: CallOptions): string {
  if (Array.isArray(value)) return eachOf(context, value, options)
  if (typeof value === 'boolean') return ifHolds(context, value, options)
  return within(context, value, options)
}

export function eachOf(context: unknown, value: unknown, options: CallOptions): string {
  return String(each?.call(context, value, options) ?? '')
}

export function within(context: unknown, value: unknown, options: CallOptions): string {
  if (!holds(value)) return options.inverse?.(context) ?? ''
  return String(withIn?.call(context, value, options) ?? '')
}

export function ifHolds(context: unknown, value: unknown, options: CallOptions): string {
  return (holds(value) ? options.fn?.(context) : options.inverse?.(context)) ?? ''
}
