import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import * as s3 from 'aws-cdk-lib/aws-s3'
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'

export type ReleaseBucketProps = {
  /**
   * Where S3 writes who asked for what.
   *
   * @default - no access logs
   */
  readonly accessLogs?: s3.IBucket
  /**
   * How long a replaced version can be brought back. The newest 20 are kept for longer.
   *
   * @default Duration.days(7)
   */
  readonly keepReplaced?: Duration
  /**
   * What becomes of it with the stack. Even to be destroyed it has to be emptied by hand first.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
}

/**
 * Where releases live. Nothing current expires by age: an old layout may be the one that a pin or a rollback needs.
 * The bucket outlives the stack, because the hosts go on serving from it.
 */
export class ReleaseBucket extends Construct {
  readonly bucket: s3.Bucket

  constructor(scope: Construct, id: string, props: ReleaseBucketProps = {}) {
    super(scope, id)
    const { accessLogs, keepReplaced = Duration.days(7), removalPolicy = RemovalPolicy.RETAIN } = props
    this.bucket = new s3.Bucket(this, 'Bucket', {
      versioned: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy,
      lifecycleRules: [
        {
          id: 'replaced-versions',
          noncurrentVersionExpiration: keepReplaced,
          noncurrentVersionsToRetain: 20,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      ...(accessLogs !== undefined && { serverAccessLogsBucket: accessLogs }),
    })
    this.bucket.addToResourcePolicy(this.refuseBlindWrites())
    if (accessLogs === undefined)
      acknowledge(this.bucket, {
        'AwsSolutions-S1':
          'Hosts ask every second. What was written is told by versions, publications and reports.',
      })
  }

  /**
   * A pointer is only ever replaced by who has read it. S3 must refuse everybody else, because one unconditional write by a
   * script would undo the compare-and-set of all publishers.
   */
  private refuseBlindWrites(): PolicyStatement {
    return new PolicyStatement({
      sid: 'ChannelsNeedACondition',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects('channels/*')],
      conditions: {
        Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' },
        // Parts of a multipart upload carry no condition; only what creates the object does.
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    })
  }
}
