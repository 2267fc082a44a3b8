import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  Color,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  Row,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { MetricName } from '../../core/settings/metric-names.ts'
import { ownMetric } from './own-metric.ts'

export type DashboardProps = {
  readonly deployment: string
  readonly alarms: readonly IAlarm[]
  readonly queue: IQueue
  readonly failed: IQueue
  /** By the names that people know. */
  readonly functions: Readonly<Record<string, IFunction>>
}

const half = 12
const minute = Duration.minutes(1)

/**
 * One page that answers in this order: is something wrong, do the hosts follow, how long does a change take on each leg, what is held
 * back and why, and how the functions do.
 */
export class Dashboard extends Construct {
  readonly dashboard: CloudWatchDashboard
  private readonly deployment: string

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id)
    this.deployment = props.deployment
    const { queue, failed, functions } = props
    this.dashboard = new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: `quayside-${props.deployment}`,
      defaultInterval: Duration.hours(3),
    })
    this.dashboard.addWidgets(
      heading(props.deployment),
      new AlarmStatusWidget({
        ...{ title: 'Alarms (each says what to do)', width: 24, height: 5 },
        alarms: [...props.alarms],
      }),
      new Row(this.hosts(), this.hostGraph()),
      new Row(this.legs(), this.slowest()),
      new Row(this.doubts(), this.catalog()),
      new Row(queues(queue, failed), invocations(functions)),
    )
  }

  private hosts(): IWidget {
    const metrics = (['HostsCurrent', 'HostsBehind', 'HostsRefusing', 'HostsGone'] as const).map((name) =>
      this.of(name, 'Maximum', hostWords[name]),
    )
    return new SingleValueWidget({ title: 'Hosts now', width: half, height: 6, metrics, sparkline: true })
  }

  private hostGraph(): IWidget {
    const colors = { HostsCurrent: Color.GREEN, HostsBehind: Color.ORANGE, HostsRefusing: Color.RED }
    const left = Object.entries(colors).map(([name, color]) =>
      this.of(name as keyof typeof colors, 'Maximum', hostWords[name as keyof typeof colors], color),
    )
    const gone = this.of('HostsGone', 'Maximum', hostWords.HostsGone, Color.GREY)
    return new GraphWidget({ ...wide('Hosts'), left: [...left, gone], stacked: true, leftYAxis: fromZero })
  }

  private legs(): IWidget {
    const left = legs.map(([name, label]) => this.of(name, 'p50', label))
    return new GraphWidget({ ...wide('A change on its way, median (ms)'), left, leftYAxis: fromZero })
  }

  private slowest(): IWidget {
    const [, , , last] = legs
    const left = legs.map(([name, label]) => this.of(name, 'p99', label))
    const worst = this.of(last[0], 'Maximum', 'slowest host')
    return new GraphWidget({
      ...wide('A change on its way, 99 of 100 (ms)'),
      ...{ left: [...left, worst], leftYAxis: fromZero },
    })
  }

  private doubts(): IWidget {
    const left = [
      this.of('Held', 'Maximum', 'servers held against a doubt'),
      this.of('DeletesHeld', 'Maximum', 'tasks whose end is not proven'),
      this.of('Problems', 'Maximum', 'settings left out or kept as they were'),
      this.of('EmptyUpstreams', 'Maximum', 'routes that answer 503'),
      this.of('WatchesFailing', 'Maximum', 'reads of Consul that fail'),
    ]
    return new GraphWidget({ ...wide('Doubts'), left, leftYAxis: fromZero })
  }

  private catalog(): IWidget {
    const left = [
      this.of('TasksWritten', 'Sum', 'tasks written'),
      this.of('Published', 'Sum', 'releases'),
      this.of('DriftRepaired', 'Sum', 'drift repaired'),
      this.of('PublishConflicts', 'Sum', 'conflicts of publishers'),
    ]
    const right = [this.of('ReconcileTasks', 'Maximum', 'tasks compared')]
    return new GraphWidget({ ...wide('Changes per minute'), left, right, leftYAxis: fromZero })
  }

  private of(name: MetricName, statistic: string, label: string, color?: string): IMetric {
    const metric = ownMetric(this.deployment, name, statistic)
    return metric.with({ label, ...(color === undefined ? {} : { color }) })
  }
}

const hostWords = {
  HostsCurrent: 'current',
  HostsBehind: 'behind',
  HostsRefusing: 'refusing',
  HostsGone: 'gone',
} as const

/** In the order in which a change takes them. */
const legs = [
  ['EventAge', 'event → function'],
  ['EventToCommitted', 'event → Consul'],
  ['ChangeToPublished', 'Consul → published'],
  ['PublishedToLive', 'published → live on a host'],
] as const satisfies readonly (readonly [MetricName, string])[]

const fromZero = { min: 0, showUnits: false }

function wide(title: string) {
  return { title, width: half, height: 6, period: minute }
}

function heading(deployment: string): IWidget {
  const markdown = `# Quayside ${deployment}\nTask events → **register** → Consul → **publish** → S3 → hosts; **reconcile** repairs every minute. What log events mean: OPERATIONS.md.`
  return new TextWidget({ markdown, width: 24, height: 2 })
}

function queues(queue: IQueue, failed: IQueue): IWidget {
  const depth = { period: minute, statistic: 'Maximum' }
  const named = (metric: ReturnType<IQueue['metricApproximateAgeOfOldestMessage']>, label: string) =>
    metric.with({ label })
  return new GraphWidget({
    ...wide('Task events'),
    left: [named(queue.metricApproximateNumberOfMessagesVisible(depth), 'waiting')],
    right: [
      named(queue.metricApproximateAgeOfOldestMessage(depth), 'oldest (s)'),
      named(failed.metricApproximateNumberOfMessagesVisible(depth), 'failed'),
    ],
    leftYAxis: fromZero,
    rightYAxis: fromZero,
  })
}

function invocations(functions: DashboardProps['functions']): IWidget {
  const sum = { period: minute, statistic: 'Sum' }
  const each = Object.entries(functions)
  return new GraphWidget({
    ...wide('Functions'),
    left: each.map(([name, fn]) => fn.metricErrors({ ...sum, label: `${name} errors` })),
    right: each.map(([name, fn]) => fn.metricThrottles({ ...sum, label: `${name} throttles` })),
    leftYAxis: fromZero,
    rightYAxis: fromZero,
  })
}
