import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager'
import { QuaysideError } from '../core/errors.ts'
import type { FunctionSettings } from '../core/settings/settings.ts'
import { awsTimeouts, called } from './aws-errors.ts'
import type { Clock } from './clock.ts'
import { type ConsulAccess, type ConsulAccessProvider, parseConsulAccess } from './consul/access.ts'

const keepMs = 5 * 60_000

// A thousand watches whose token was refused at once must not become a thousand reads of the secret.
const refreshMs = 5_000

/** How to reach Consul, from one secret and what the operator's file says of the servers; read once and kept for five minutes. Requests at the same time share one read. */
export function createConsulSecret(
  { consulSecret: secretId, consulServers }: Pick<FunctionSettings, 'consulSecret' | 'consulServers'>,
  now: Clock,
  config: SecretsManagerClientConfig = {},
): ConsulAccessProvider {
  const client = new SecretsManagerClient({ ...awsTimeouts, ...config })
  let known: { readonly access: ConsulAccess; readonly at: number } | null = null
  let reading: Promise<ConsulAccess> | null = null

  async function read(): Promise<ConsulAccess> {
    const at = now()
    const command = new GetSecretValueCommand({ SecretId: secretId })
    const { SecretString } = await called('secretsmanager:GetSecretValue', () => client.send(command))
    if (SecretString === undefined) {
      throw new QuaysideError(
        'SETTINGS_INVALID',
        `The Consul secret ${secretId} is binary; it must be a JSON text.`,
      )
    }
    const access = parseConsulAccess(SecretString, secretId, consulServers)
    known = { access, at }
    return access
  }

  return async (fresh = false) => {
    if (known !== null && now() - known.at < (fresh ? refreshMs : keepMs)) return known.access
    reading ??= read().finally(() => {
      reading = null
    })
    return reading
  }
}
