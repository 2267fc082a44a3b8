/** A rule, taken out of the source: `from` stands once in the file, and `to` takes its place. */
export type Mutation = {
  readonly rule: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** What must notice it: one of the proofs over generated histories or races, or a test file. */
  readonly proof: 'histories' | 'events' | 'races' | 'rollback' | 'accidents' | `test/${string}`
}
