import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { prometheusText } from '../../../core/host/prometheus.ts'
import { parsePrometheus } from '../../support/prometheus.ts'
import { property } from '../../support/scale.ts'

test('labels and help of any text are read back as they were', () => {
  const number = fc.double({ noNaN: true })
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      number,
      (label, help, value) => {
        const text = prometheusText([
          { name: 'a', type: 'gauge', help, samples: [{ labels: { x: label, y: 'z' }, value }] },
        ])
        const [sample] = parsePrometheus(text).get('a')?.samples ?? []
        assert.deepEqual(sample?.labels, { x: label, y: 'z' })
        assert.equal(sample?.value, value === 0 ? 0 : value)
      },
    ),
    property(2_000),
  )
})

test('backslashes, quotes and line ends are escaped as the format wants it', () => {
  const text = prometheusText([
    { name: 'a', type: 'gauge', help: 'a\\b\n"c"', samples: [{ labels: { x: 'a\\b\n"c"' }, value: 1 }] },
  ])
  assert.equal(text, '# HELP a a\\\\b\\n"c"\n# TYPE a gauge\na{x="a\\\\b\\n\\"c\\""} 1\n')
})

test('a metric without a value is left out', () => {
  assert.equal(prometheusText([{ name: 'a', type: 'gauge', help: '', samples: [] }]), '')
})
