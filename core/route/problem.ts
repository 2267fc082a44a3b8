/**
 * What was found wrong: `invalid` a value that is not allowed; `unknown-key` a word in our prefix that means nothing;
 * `disagreement` instances of one service that state different things; `conflict` a route that another holder has; `not-owner`
 * a host that belongs to another cluster or service; `owner-changed` a route or host that passed to another holder, which is
 * an alarm; `group-differs` a member of a group whose settings don't count; `unsupported` a word of another proxy that has no
 * effect here.
 */
export type ProblemKind =
  | 'invalid'
  | 'unknown-key'
  | 'disagreement'
  | 'conflict'
  | 'not-owner'
  | 'owner-changed'
  | 'group-differs'
  | 'unsupported'

/** What became of it: the last good settings are in force, the service or route is left out, or nothing changed. */
export type ProblemEffect = 'last-good' | 'left-out' | 'none'

export type Problem = {
  readonly kind: ProblemKind
  readonly effect: ProblemEffect
  /** The source (`<service>@<datacenter>`) that states it, or the cluster that claims a host. */
  readonly service: string
  readonly key: string
  /** As stated, cut to a readable length; untrusted. */
  readonly value: string
  /** What would be right, or who holds what was claimed. */
  readonly expected: string
}

const effects: Readonly<Record<ProblemEffect, string>> = {
  'last-good': '; the last good settings stay in force',
  'left-out': '; left out',
  none: '',
}

/** One sentence for a log line or a report; hostile characters come out escaped. */
export function explainProblem({ kind, effect, service, key, value, expected }: Problem): string {
  return visible(
    `${shorten(service)}: ${kind} ${shorten(key)} = ${JSON.stringify(value)}, expected ${expected}${effects[effect]}`,
  )
}

/** Whether a sentence of `explainProblem` tells that a host or path went over to another service. */
export function tellsOwnerChange(sentence: string): boolean {
  return /^[^ ]*(, [^ ]*)*: owner-changed /.test(sentence)
}

/** On one line, with escapes for what would end it or steer a terminal, which JSON leaves alone beyond ASCII. */
export function visible(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** Total order, so that equal input gives an equal list. */
export function compareProblems(a: Problem, b: Problem): number {
  const [left, right] = [orderText(a), orderText(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

export function shorten(value: string): string {
  return value.length <= 200 ? value : `${value.slice(0, 200)}…`
}

function orderText({ service, kind, key, value, expected }: Problem): string {
  return [service, kind, key, value, expected].join('\n')
}
