import { CfnOutput } from 'aws-cdk-lib/core'
import type { QuaysideConfig } from '../core/settings/config.ts'
import type { PipelineStack } from './pipeline-stack.ts'

/** What people and the set-up of their hosts need to know of a deployed stack. Nothing of it is secret. */
export function addOutputs(stack: PipelineStack, { deployment, publish, region }: QuaysideConfig): void {
  const { releases, signing, hostAccess, events, agent, fleet, network, reconcile } = stack
  const groups = network.securityGroups.map(({ securityGroupId }) => securityGroupId)
  const outputs = {
    Deployment: [deployment, 'Hosts accept releases of this deployment only'],
    Region: [region, 'Where the release bucket is'],
    Channel: [publish.channel, 'What hosts follow'],
    BucketName: [releases.bucket.bucketName, 'Where hosts pull their releases from'],
    HostPolicyArn: [hostAccess.policy.managedPolicyArn, 'Attach this to the role of the nginx hosts'],
    SigningKeyArn: [signing.key.keyArn, 'For the commands that sign: rollback, pin, promote'],
    PublicKey: [signing.publicKey.pem, 'What hosts verify releases with'],
    PublicKeyParameter: [signing.publicKey.parameter.parameterName, 'Where hosts find that key'],
    AgentUrl: [agent.asset.s3ObjectUrl, 'The host agent of this version'],
    AgentSha256: [agent.sha256, 'The SHA-256 of that file'],
    RegisterQueueUrl: [events.queue.queueUrl, 'Task events that wait to be registered'],
    FailedQueueUrl: [events.failed.queueUrl, 'Task events that could not be registered'],
    FunctionGroupIds: [groups.join(','), 'Security groups of the functions: let them in to Consul'],
    ReconcileFunctionName: [reconcile.fn.functionName, 'For an override by hand'],
    ...(fleet !== null && {
      HostGroupId: [fleet.hostGroup.securityGroupId, 'The hosts: let them in to the tasks'],
      LoadBalancerName: [fleet.loadBalancer.loadBalancerDnsName, 'The DNS name of the nginx fleet'],
    }),
  }
  for (const [name, [value = '', description = '']] of Object.entries(outputs))
    new CfnOutput(stack, name, { value, description })
}
