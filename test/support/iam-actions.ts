/**
 * The IAM actions that Quayside uses, as AWS's service authorization reference lists them: whether the action can be narrowed to
 * resources, and the condition keys of the service that may stand beside it. No offline check knows a misspelt one, which IAM would
 * take as it is and which would allow or deny nothing.
 */
type Action = { readonly narrow: boolean; readonly keys?: readonly string[] }

const any: Action = { narrow: false }
const narrow: Action = { narrow: true }
const ofCluster: Action = { narrow: true, keys: ['ecs:cluster'] }
const list: Action = { narrow: true, keys: ['s3:prefix', 's3:delimiter', 's3:max-keys'] }
const write = ['s3:if-match', 's3:if-none-match', 's3:ObjectCreationOperation']

export const iamActions: Readonly<Record<string, Action>> = {
  'autoscaling:CompleteLifecycleAction': narrow,
  'ec2:AssignPrivateIpAddresses': narrow,
  'ec2:CreateNetworkInterface': narrow,
  'ec2:DeleteNetworkInterface': narrow,
  'ec2:DescribeInstances': any,
  'ec2:DescribeNetworkInterfaces': any,
  'ec2:DescribeSubnets': any,
  'ec2:UnassignPrivateIpAddresses': narrow,
  'ecs:DescribeContainerInstances': ofCluster,
  'ecs:DescribeServices': ofCluster,
  'ecs:DescribeTaskDefinition': any,
  'ecs:DescribeTasks': ofCluster,
  'ecs:ListTasks': ofCluster,
  'events:PutEvents': { narrow: true, keys: ['events:source', 'events:detail-type'] },
  'kms:Decrypt': { narrow: true, keys: ['kms:ViaService'] },
  'kms:GetPublicKey': narrow,
  'kms:Sign': { narrow: true, keys: ['kms:SigningAlgorithm', 'kms:MessageType'] },
  'lambda:InvokeFunction': narrow,
  'logs:CreateLogStream': narrow,
  'logs:PutLogEvents': narrow,
  's3:*': { narrow: true, keys: ['s3:TlsVersion'] },
  's3:DeleteObjectVersion': narrow,
  's3:GetObject': narrow,
  's3:ListBucket': list,
  's3:ListBucketVersions': list,
  's3:PutObject': { narrow: true, keys: write },
  'secretsmanager:GetSecretValue': narrow,
  'sqs:*': narrow,
  'sqs:ChangeMessageVisibility': narrow,
  'sqs:DeleteMessage': narrow,
  'sqs:GetQueueAttributes': narrow,
  'sqs:GetQueueUrl': narrow,
  'sqs:ReceiveMessage': narrow,
  'sqs:SendMessage': narrow,
  'ssm:DescribeInstanceInformation': any,
  'ssm:GetParameter': narrow,
  'ssm:UpdateInstanceInformation': any,
  'ssmmessages:CreateControlChannel': any,
  'ssmmessages:CreateDataChannel': any,
  'ssmmessages:OpenControlChannel': any,
  'ssmmessages:OpenDataChannel': any,
  'sts:AssumeRole': narrow,
}

/** Keys of every request, whatever the service. */
export const globalConditionKeys: readonly string[] = [
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  // Of every request that a function's code makes.
  'lambda:SourceFunctionArn',
]

/** Operators of conditions, without `ForAllValues:` before them. */
export const conditionOperators: readonly string[] = [
  'ArnEquals',
  'ArnLike',
  'Bool',
  'Null',
  'NumericLessThan',
  'StringEquals',
  'StringLike',
]
