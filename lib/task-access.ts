import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { ClusterSettings } from '../core/settings/settings.ts'
import { assumeRoles, describeServices, describeTasks, listTasks } from './permissions.ts'

/** Asks about tasks that events name: those of clusters with a role as that role, the others by the function's own right. */
export function lookUpTasks(clusters: readonly ClusterSettings[]): PolicyStatement[] {
  return forClusters(clusters, describeTasks)
}

/** The same, and finds tasks and services by itself. */
export function surveyTasks(clusters: readonly ClusterSettings[]): PolicyStatement[] {
  return forClusters(clusters, (arns) => [...describeTasks(arns), listTasks(arns), describeServices(arns)])
}

function forClusters(
  clusters: readonly ClusterSettings[],
  statements: (arns: readonly string[]) => PolicyStatement[],
): PolicyStatement[] {
  const own = clusters.flatMap(({ arn, role }) => (role == null ? [arn] : []))
  const roles = [...new Set(clusters.flatMap(({ role }) => role ?? []))]
  return [...(own.length > 0 ? statements(own) : []), ...(roles.length > 0 ? [assumeRoles(roles)] : [])]
}
