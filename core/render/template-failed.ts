import { QuaysideError } from '../errors.ts'

/** A template that can't be rendered: the message names template and line, where the line is known. */
export function templateFailed(
  name: string,
  line: number | null,
  reason: string,
  cause?: unknown,
): QuaysideError {
  const place = line === null ? '' : `, line ${line}`
  const message = `template ${name}${place}: ${reason}`
  return new QuaysideError('TEMPLATE_FAILED', message, cause === undefined ? {} : { cause })
}

/** The line that Handlebars, or a helper of ours, put on an error. */
export function lineOf(error: unknown): number | null {
  const line: unknown =
    typeof error === 'object' && error !== null && 'lineNumber' in error ? error.lineNumber : null
  return typeof line === 'number' ? line : null
}
