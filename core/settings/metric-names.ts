/** Where the metrics stand in CloudWatch. Few dimensions with few values: each combination is paid for by the month. */
export const metricNamespace = 'Quayside'
export const metricDimensions = { deployment: 'Deployment', cluster: 'Cluster' } as const

type Metric = { readonly unit: 'Count' | 'Milliseconds'; readonly meaning: string }

/** What registering measures, once per invocation and for the whole deployment. What is zero isn't written. */
const registerMetrics = {
  RecordsReceived: { unit: 'Count', meaning: 'queue messages that an invocation was given' },
  RecordsIgnored: { unit: 'Count', meaning: 'messages of a kind or cluster that is none of ours' },
  RecordsRetried: { unit: 'Count', meaning: 'messages that failed and are delivered again within seconds' },
  RecordsFailed: { unit: 'Count', meaning: 'messages that fail until somebody mends the cause' },
  TasksWritten: { unit: 'Count', meaning: 'tasks whose new state was committed to Consul' },
  TasksDuplicate: { unit: 'Count', meaning: 'tasks of which Consul knew this already' },
  TasksStale: { unit: 'Count', meaning: 'tasks of which Consul knew something newer or stronger' },
  TasksIdle: {
    unit: 'Count',
    meaning: 'tasks that have nothing to register yet, at all, or as far as ECS knows',
  },
  TasksFailed: { unit: 'Count', meaning: 'tasks that could not be written, whatever the reason' },
  TasksRefused: { unit: 'Count', meaning: 'tasks that can never be registered as they are (size, host)' },
  InstancesRefused: { unit: 'Count', meaning: 'ports left out because of a bad label; siblings go on' },
  LabelsNotHeeded: { unit: 'Count', meaning: 'labels that had no effect; what they stand at is registered' },
  EventAge: { unit: 'Milliseconds', meaning: 'from the time of a task event to its invocation' },
  EventToCommitted: { unit: 'Milliseconds', meaning: "from the time of a task event to Consul's commit" },
  Transactions: { unit: 'Count', meaning: 'writing transactions sent to Consul' },
  Operations: { unit: 'Count', meaning: 'operations in these transactions' },
  Conflicts: { unit: 'Count', meaning: 'tasks that another writer changed meanwhile, to be judged again' },
  HealthFollowUps: { unit: 'Count', meaning: 'tasks whose health will be looked at again' },
  HostLossTasks: { unit: 'Count', meaning: 'tasks drained because their host was lost' },
} as const satisfies Readonly<Record<string, Metric>>

/** What reconciling measures, per cluster and for the deployment. Zeros are written, so that each pass can be seen. */
const reconcileMetrics = {
  ReconcileTasks: { unit: 'Count', meaning: 'tasks that a pass compared' },
  ReconcileWritten: { unit: 'Count', meaning: 'tasks of which no event had arrived, or a lost one' },
  ReconcileFailed: { unit: 'Count', meaning: 'tasks that a pass could not write' },
  DriftRepaired: { unit: 'Count', meaning: 'tasks whose catalog entries somebody else had changed' },
  TasksRemoved: { unit: 'Count', meaning: 'tasks removed because ECS does not know them any more' },
  DeletesHeld: { unit: 'Count', meaning: 'tasks that ECS does not list, kept until that is proven' },
  Contradictions: { unit: 'Count', meaning: 'tasks kept until an operator decides' },
  TombstonesRemoved: { unit: 'Count', meaning: 'ledger entries of long gone tasks that were cleared away' },
  PassesDone: { unit: 'Count', meaning: 'passes that compared their cluster' },
  PassesPartial: { unit: 'Count', meaning: 'passes that could see or write only a part of their cluster' },
  PassesFailed: { unit: 'Count', meaning: 'passes that came to nothing' },
  ClustersLeft: { unit: 'Count', meaning: 'clusters out of the configuration that are still in Consul' },
  PassTime: { unit: 'Milliseconds', meaning: 'how long a pass took' },
  EcsCalls: { unit: 'Count', meaning: 'calls of the ECS API that a pass made' },
} as const satisfies Readonly<Record<string, Metric>>

/** What publishing measures, once a minute and for the whole deployment, by the one publisher that leads. Zeros are written. */
const publishMetrics = {
  Held: { unit: 'Count', meaning: 'servers that stay in because nothing proves that they are gone' },
  Problems: { unit: 'Count', meaning: 'settings and instances that are left out or kept as they were' },
  EmptyUpstreams: { unit: 'Count', meaning: 'upstreams without a server, whose routes answer 503' },
  WatchesFailing: { unit: 'Count', meaning: 'reads of Consul whose last attempt failed; their data is kept' },
  Published: { unit: 'Count', meaning: 'releases that were put into the bucket' },
  PublishConflicts: {
    unit: 'Count',
    meaning: 'writes that came too late because another publisher was faster',
  },
  PublishFailures: {
    unit: 'Count',
    meaning: 'attempts to read or write the bucket, or to sign, that failed',
  },
  OwnersChanged: { unit: 'Count', meaning: 'hosts or paths that went over to another service' },
  CanaryRefused: { unit: 'Count', meaning: 'layouts that a host of the canary channel could not use' },
  ChangeToPublished: {
    unit: 'Milliseconds',
    meaning: 'from when a change was first seen in Consul to the pointer that carries it',
  },
  PublishMs: { unit: 'Milliseconds', meaning: 'how long it took to store a release and move the pointer' },
  StaleFor: {
    unit: 'Milliseconds',
    meaning: 'since everything was last read and published, as far as the publisher at work knows',
  },
} as const satisfies Readonly<Record<string, Metric>>

/** What the publisher at work reads from the reports of all hosts, once a minute. Zeros are written. */
const fleetMetrics = {
  HostsCurrent: { unit: 'Count', meaning: 'hosts that run what their channel says' },
  HostsBehind: { unit: 'Count', meaning: 'hosts that do not run it a minute after it was published' },
  HostsRefusing: { unit: 'Count', meaning: 'hosts that say that they cannot use what their channel says' },
  HostsGone: { unit: 'Count', meaning: 'hosts of the last day that have not reported for 15 minutes' },
  PublishedToLive: {
    unit: 'Milliseconds',
    meaning: 'from the signature of a release to its confirmation on a host, by the clock of the host',
  },
} as const satisfies Readonly<Record<string, Metric>>

/** Every metric by its name, for dashboards and alarms. */
export const metrics = {
  ...registerMetrics,
  ...reconcileMetrics,
  ...publishMetrics,
  ...fleetMetrics,
} as const

type NamesOf<Unit extends Metric['unit']> = {
  [Name in keyof typeof metrics]: (typeof metrics)[Name]['unit'] extends Unit ? Name : never
}[keyof typeof metrics]

export type CountName = NamesOf<'Count'>
export type TimeName = NamesOf<'Milliseconds'>
export type MetricName = keyof typeof metrics
