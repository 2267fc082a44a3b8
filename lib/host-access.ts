import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Objects } from './permissions.ts'

/** What an nginx host may do: read releases, and write its own report and nobody else's. Attach it to the hosts' role. */
export class HostAccess extends Construct {
  readonly policy: ManagedPolicy

  constructor(scope: Construct, id: string, bucket: Objects) {
    super(scope, id)
    const readable = ['channels', 'layouts', 'blobs'].map((folder) => bucket.arnForObjects(`${folder}/*`))
    this.policy = new ManagedPolicy(this, 'Policy', {
      description: 'Lets an nginx host pull Quayside releases and report back',
      statements: [
        new PolicyStatement({ sid: 'PullReleases', actions: ['s3:GetObject'], resources: readable }),
        new PolicyStatement({
          sid: 'WriteOwnReport',
          actions: ['s3:PutObject'],
          // IAM puts in the caller's own id, <role id>:<instance id>.
          // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of IAM, not of this file
          resources: [bucket.arnForObjects('hosts/${aws:userid}.json')],
        }),
      ],
    })
  }
}
