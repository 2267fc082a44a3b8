import type { TestContext } from 'node:test'
import type { Consul } from '../../../local/consul/start-consul.ts'
import { openClient } from '../register.ts'

/** Who has a token of its own: what registers, and what publishes. */
export type Side = 'registrar' | 'publisher'

export type Sides = Readonly<Record<Side, string>>

/** Gives Consul policies with these rules, and each side the token of its own. */
export async function openPolicies(t: TestContext, consul: Consul, rules: Sides) {
  const client = openClient(consul, t)
  const ids = new Map<string, string>()

  async function put(path: string, body: object): Promise<Readonly<Record<string, string>>> {
    const answer = await client.request({ method: 'PUT', path: `/v1/acl/${path}`, body })
    return answer.body as Record<string, string>
  }

  /** A policy of this name with a token, whose SecretID it gives. */
  async function token(Name: string, Rules: string): Promise<string> {
    const { ID = '' } = await put('policy', { Name, Rules })
    ids.set(Name, ID)
    const { SecretID = '' } = await put('token', { Policies: [{ ID }] })
    return SecretID
  }

  const registrar = await token('registrar', rules.registrar)
  const publisher = await token('publisher', rules.publisher)
  const tokens: Sides = { registrar, publisher }
  return {
    tokens,
    token,
    /** Gives one side other rules. */
    change: (Name: Side, Rules: string) => put(`policy/${ids.get(Name)}`, { ID: ids.get(Name), Name, Rules }),
  }
}
