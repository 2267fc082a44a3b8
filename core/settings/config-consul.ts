import { awsId } from './config-fields.ts'
import { datacenter, distinct, hostName, keyPrefix, secretId } from './fields.ts'
import { hiddenText, judged, list, object, optional, type Reader } from './reader.ts'
import type { ConsulServers } from './settings.ts'

/** The operator's own Consul. Whatever is secret about it is in Secrets Manager and never here. */
export type ConsulConfig = ConsulServers & {
  /** Name or ARN of the secret that holds token, CA and client pair, and the addresses unless they are here. */
  readonly secret: string
  /** The customer-managed key that encrypts the secret, if it isn't AWS's own. */
  readonly secretKeyArn: string | null
  readonly datacenter: string
  /** KV prefix of everything that Quayside keeps in Consul. */
  readonly prefix: string
  /** Consul's own security group: the stack lets the functions in, on the ports of `addresses`. */
  readonly securityGroupId: string | null
}

const address = hiddenText(
  'an address such as https://consul.internal:8501, without a path or password',
  /^https?:\/\/([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]):([1-9]\d{0,4})$/,
)

const servers = {
  addresses: optional(
    distinct(list(address, 1, 16), (one) => one),
    null,
  ),
  serverName: optional(hostName, null),
}

export const consulServers: Reader<ConsulServers> = object<ConsulServers>(servers)

export const consul: Reader<ConsulConfig> = judged(
  object<ConsulConfig>({
    secret: secretId,
    secretKeyArn: optional(
      hiddenText('the ARN of a KMS key', /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[a-z0-9-]+$/),
      null,
    ),
    ...servers,
    datacenter: optional(datacenter, 'dc1'),
    prefix: optional(keyPrefix, 'quayside'),
    securityGroupId: optional(awsId('sg'), null),
  }),
  ({ addresses, securityGroupId }) =>
    securityGroupId !== null && addresses === null
      ? [
          'addresses: expected Consul’s addresses, because securityGroupId is opened on their ports, got nothing',
        ]
      : [],
)

/** The ports that the functions connect to, each once, as far as the file names them. */
export function consulPorts({ addresses }: ConsulConfig): readonly number[] {
  const ports = (addresses ?? []).map((one) => Number(one.slice(one.lastIndexOf(':') + 1)))
  return [...new Set(ports)].sort((a, b) => a - b)
}
