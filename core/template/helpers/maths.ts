import { type Helper, type Helpers, numberArg, takes, takesFrom, wholeArg } from './helper.ts'

const mostLoops = 100_000

/** Go writes `5 | subtract 2` for 3, so the second argument is what is worked on. Of two whole numbers the quotient is whole. */
export const mathsHelpers: Helpers = {
  add: ofTwo((a, b) => a + b),
  subtract: ofTwo((a, b) => a - b),
  multiply: ofTwo((a, b) => a * b),
  divide: ofTwo((a, b) => {
    const quotient = a / nonZero(b)
    return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(quotient) : quotient
  }),
  modulo: takes(2, (b, a) => wholeArg(a) % nonZero(wholeArg(b))),
  minimum: ofTwo(Math.min),
  maximum: ofTwo(Math.max),
  loop: takesFrom(1, 2, (first, second) =>
    second === undefined ? counted(0, wholeArg(first)) : counted(wholeArg(first), wholeArg(second)),
  ),
}

function ofTwo(run: (a: number, b: number) => number): Helper {
  return takes(2, (b, a) => run(numberArg(a), numberArg(b)))
}

function nonZero(value: number): number {
  if (value !== 0) return value
  throw new TypeError('division by zero')
}

/** From `start` up to, but without, `end`. */
function counted(start: number, end: number): readonly number[] {
  const length = Math.max(0, end - start)
  if (length > mostLoops) throw new TypeError(`loops at most ${mostLoops} times, got ${length}`)
  return Array.from({ length }, (_, at) => start + at)
}
