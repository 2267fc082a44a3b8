import { systemClock } from '../../../adapters/clock.ts'
import type { ConsulAccess } from '../../../adapters/consul/access.ts'
import { createConsulSecret } from '../../../adapters/consul-secret.ts'
import type { Terminal } from '../command.ts'
import { consulFromEnvironment } from '../consul-environment.ts'
import type { PurgeOptions } from './options.ts'

const servedBySecret = { addresses: null, serverName: null }

/** How to reach Consul: by the secret that the functions use too, or by the variables of the consul command. */
export async function accessOf(
  options: Pick<PurgeOptions, 'consulSecret' | 'consulServers' | 'datacenter'>,
  terminal: Terminal,
): Promise<ConsulAccess> {
  const { consulSecret, consulServers = servedBySecret, datacenter } = options
  const access =
    consulSecret === null
      ? consulFromEnvironment(terminal.env)
      : await createConsulSecret({ consulSecret, consulServers }, systemClock)()
  return datacenter === null ? access : { ...access, datacenter }
}
