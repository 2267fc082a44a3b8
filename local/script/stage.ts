import type { Target } from './traffic.ts'

/** One task as the walk-through sees it. */
export type StageTask = {
  readonly taskId: string
  readonly node: string
  readonly lastStatus: string
  readonly desiredStatus: string
}

/** What a walk-through may do with a running pipeline, and what it may look at: ECS's side, Consul's, and nginx's. */
export type Stage = {
  readonly targets: readonly Target[]
  readonly service: string
  scale(count: number): Promise<void>
  deploy(): Promise<void>
  tasks(): readonly StageTask[]
  /** When ECS's event of the task's state was sent, in Unix milliseconds; waits for it. */
  eventOf(taskId: string, state: 'RUNNING' | 'stopping' | 'STOPPED'): Promise<number>
  /** Resolves when every registered change is in force on every host and nothing was published for a while. */
  quiet(): Promise<void>
  /** Whether every change that Consul knows of is in force on the host. */
  isCurrent(host: string): boolean
  /** Task ids of the instances that Consul lists as passing. */
  passing(): Promise<readonly string[]>
}
