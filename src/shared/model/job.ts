/** Something long that Firebreak does for the user: with progress, an end, and a way to cancel it. */
export interface Job {
  readonly id: string
  readonly kind: 'download' | 'pull' | 'set-up'
  readonly label: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** Null where nothing can be counted. */
  readonly doneBytes: number | null
  readonly totalBytes: number | null
  /** One sentence: what it does, or why it failed and what to do. */
  readonly text: string
  readonly startedAtMs: number
}
