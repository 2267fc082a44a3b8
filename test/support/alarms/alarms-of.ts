import { Template } from 'aws-cdk-lib/assertions'
import { type OwnAlarmName, ownAlarms } from '../../../lib/observability/own-alarms.ts'
import { exampleConfig, stackOf } from '../stack.ts'
import { type AlarmProps, isRaised, type MetricsLine } from './evaluate.ts'

type Resource = { readonly Properties: AlarmProps }

let known: ReadonlyMap<OwnAlarmName, AlarmProps> | undefined

/** The alarms on our own metrics as the template of a deployment called `test` has them. */
export function ownAlarmsOfTemplate(): ReadonlyMap<OwnAlarmName, AlarmProps> {
  known ??= read()
  return known
}

function read(): ReadonlyMap<OwnAlarmName, AlarmProps> {
  const template = Template.fromStack(stackOf(exampleConfig({ deployment: 'test' })))
  const resources = template.findResources('AWS::CloudWatch::Alarm') as Readonly<Record<string, Resource>>
  const names = Object.keys(ownAlarms) as OwnAlarmName[]
  return new Map(
    names.map((name) => {
      const found = Object.entries(resources).find(([id]) =>
        new RegExp(`^Alarms${name}[0-9A-F]{8}$`).test(id),
      )
      if (found === undefined) throw new Error(`the template has no alarm ${name}`)
      return [name, found[1].Properties]
    }),
  )
}

/** The names of our alarms that these lines raise, in order. */
export function raisedBy(lines: readonly MetricsLine[], at: number): readonly OwnAlarmName[] {
  return [...ownAlarmsOfTemplate()].filter(([, alarm]) => isRaised(alarm, lines, at)).map(([name]) => name)
}
