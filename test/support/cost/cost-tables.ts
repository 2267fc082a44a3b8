import { Template } from 'aws-cdk-lib/assertions'
import { exampleConfig, stackOf } from '../stack.ts'
import { type Egress, type Estimate, estimate } from './estimate.ts'
import { assumed, type Size } from './usage.ts'

const sizes: readonly Size[] = [
  { services: 50, tasks: 500, hosts: 10 },
  { services: 1_000, tasks: 10_000, hosts: 100 },
]

/** The document with the tables of costs and of what they assume. */
export function withCostTables(text: string): string {
  return replaced(replaced(text, 'costs', costTable()), 'assumed', assumptions())
}

function replaced(text: string, name: string, table: string): string {
  const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`)
  if (!place.test(text)) throw new Error(`the document has no place for ${name}`)
  return text.replace(place, (_all, begin: string, end: string) => `${begin}${table}\n${end}`)
}

function costTable(): string {
  const columns = sizes.flatMap((size) => [estimated('existing', size), estimated('endpoints', size)])
  const heads = sizes.flatMap((size) => [headOf(size, 'existing'), headOf(size, 'endpoints')])
  const labels = [...(columns[0]?.keys() ?? [])]
  return [
    `| dollars a month | ${heads.join(' | ')} |`,
    `|---|${heads.map(() => '---:|').join('')}`,
    ...labels.map((label) => row(label, (column) => column.get(label) ?? 0, columns)),
    row('**together**', sumOf, columns),
  ].join('\n')
}

function row(label: string, value: (column: Estimate) => number, columns: readonly Estimate[]): string {
  return `| ${label} | ${columns.map((column) => value(column).toFixed(2)).join(' | ')} |`
}

function sumOf(column: Estimate): number {
  return [...column.values()].reduce((sum, one) => sum + one, 0)
}

function headOf({ services, tasks, hosts }: Size, egress: Egress): string {
  return [`${services} services`, `${tasks} tasks`, `${hosts} hosts`, `\`${egress}\``]
    .map((part) => part.replace(/\B(?=(\d{3})+\b)/, ','))
    .join('<br>')
}

function estimated(egress: Egress, size: Size): Estimate {
  const { network, clusters, ...rest } = exampleConfig() as { network: object; clusters: readonly object[] }
  const config = { ...rest, clusters, network: { ...network, egress } }
  return estimate(Template.fromStack(stackOf(config)), egress, clusters.length, size)
}

function assumptions(): string {
  return Object.values(assumed)
    .map(([value, meaning]) => `- ${value} ${meaning}`)
    .join('\n')
}
