import assert from 'node:assert/strict'

export type Parsed = ReadonlyMap<string, { readonly type: string; readonly samples: readonly ParsedSample[] }>
export type ParsedSample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Reads Prometheus' text format as strictly as its description is: HELP and TYPE once and first, all samples of a metric together, every
 * line ended, escapes undone, buckets cumulative. Fails the test at the first thing that isn't so.
 */
export function parsePrometheus(text: string): Parsed {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is ended')
  const metrics = new Map<string, { type: string; samples: ParsedSample[] }>()
  let current = ''
  for (const line of text.split('\n').slice(0, -1)) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      assert.ok(!metrics.has(name), `${name} comes once`)
      assert.doesNotMatch(rest.replaceAll('\\\\', '').replaceAll('\\n', ''), /\\/, 'help is escaped')
      metrics.set(name, { type: '', samples: [] })
      current = name
    } else if (keyword === 'TYPE') {
      assert.equal(name, current)
      assert.match(rest, /^(counter|gauge|histogram)$/)
      Object.assign(metrics.get(name) ?? {}, { type: rest })
    } else {
      const sample = parseSample(line)
      const metric = metrics.get(current) ?? assert.fail(`${line} comes before any TYPE`)
      const suffix = sample.name.slice(current.length)
      assert.ok(sample.name.startsWith(current) && isSuffix(suffix, metric.type), `${line} under ${current}`)
      metric.samples.push(sample)
    }
  }
  for (const [name, { type, samples }] of metrics) {
    const keys = samples.map((sample) => JSON.stringify([sample.name, sample.labels]))
    assert.equal(new Set(keys).size, keys.length, `${name} has each sample once`)
    if (type === 'counter') assert.ok(name.endsWith('_total') && samples.every(({ value }) => value >= 0))
    if (type === 'histogram') checkHistogram(samples)
  }
  return metrics
}

function isSuffix(suffix: string, type: string): boolean {
  return type === 'histogram' ? /^_(bucket|sum|count)$/.test(suffix) : suffix === ''
}

function parseSample(line: string): ParsedSample {
  const [, name = '', , labels = '', value = ''] =
    /^([a-zA-Z_:][\w:]*)(\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/.exec(line) ??
    assert.fail(`"${line}" is no sample`)
  assert.match(value, /^([+-]?\d+(\.\d+)?(e[+-]?\d+)?|NaN|[+-]Inf)$/)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', raw = '']) => [
    key,
    raw.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char)),
  ])
  return { name, labels: Object.fromEntries(pairs), value: Number(value.replace('Inf', 'Infinity')) }
}

function checkHistogram(samples: readonly ParsedSample[]): void {
  const buckets = samples.filter(({ name }) => name.endsWith('_bucket'))
  const bounds = buckets.map(({ labels }) => Number(String(labels.le).replace('Inf', 'Infinity')))
  assert.deepEqual(
    [...bounds].sort((a, b) => a - b),
    bounds,
  )
  assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY)
  const counts = buckets.map(({ value }) => value)
  assert.deepEqual(
    [...counts].sort((a, b) => a - b),
    counts,
    'buckets are cumulative',
  )
  assert.equal(counts.at(-1), samples.find(({ name }) => name.endsWith('_count'))?.value)
}
