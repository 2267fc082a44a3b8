/** How the agent gets the rights that it needs beside nginx. */
export type Privileges = {
  /** `same-user`: nginx runs without root, and the agent as its user. `root-master`: a user of its own, with three capabilities. */
  readonly model: 'same-user' | 'root-master'
  readonly user: string
}

export type PrivilegeFacts = {
  /** Of the running nginx master; null where it doesn't run. */
  readonly master: { readonly uid: number; readonly name: string } | null
  readonly wantedModel: Privileges['model'] | null
  readonly wantedUser: string | null
}

export const agentUser = 'quayside'

/** Where nothing is said, what runs decides: a master without root means its user, everything else a user of the agent's own. */
export function choosePrivileges({ master, wantedModel, wantedUser }: PrivilegeFacts): Privileges {
  const seen = master !== null && master.uid !== 0 ? 'same-user' : 'root-master'
  const model = wantedModel ?? seen
  const own = model === 'same-user' && master !== null ? master.name : agentUser
  return { model, user: wantedUser ?? own }
}
