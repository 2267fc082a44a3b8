/** Which dependencies fail now; the data of these is as old as it is. */
export type Failures = {
  readonly failing: ReadonlySet<string>
  readonly failed: (dependency: string, error: unknown) => void
  /** Does nothing for one that didn't fail. */
  readonly recovered: (dependency: string) => void
}

export type FailureEvents = {
  /** Called at every failed attempt; a dependency that then answers is reported once as recovered. */
  readonly onFailure: (dependency: string, error: unknown) => void
  readonly onRecovery: (dependency: string) => void
}

export function createFailures({ onFailure, onRecovery }: FailureEvents): Failures {
  const failing = new Set<string>()
  return {
    failing,
    failed: (dependency, error) => {
      failing.add(dependency)
      onFailure(dependency, error)
    },
    recovered: (dependency) => {
      if (failing.delete(dependency)) onRecovery(dependency)
    },
  }
}
