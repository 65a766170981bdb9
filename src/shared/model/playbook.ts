import type { Profile, RunnerKind } from './runner.ts'

/** Files to fetch from a Hugging Face repository. */
export interface ModelSource {
  readonly repository: string
  readonly revision: string
  /** Names in the repository; a '*' stands for any characters. */
  readonly files: readonly string[]
  readonly sizeBytes: number
  /** The user must have accepted a licence there, with an account. */
  readonly gated: boolean
}

/** A recipe for work that people do on these machines: a profile with what it needs. Ships as data, one file each. */
export interface Playbook {
  readonly id: string
  readonly title: string
  /** One or two sentences: what it is for. */
  readonly summary: string
  readonly kind: RunnerKind
  /** As it is started, with the id of the profile it becomes. */
  readonly profile: Profile
  /** Memory while it runs, as reported; null where nobody has said. */
  readonly memoryBytes: number | null
  readonly diskBytes: number | null
  /** Null: it fetches its model itself, or has none. */
  readonly source: ModelSource | null
  /** Where figures and flags come from. */
  readonly sources: readonly string[]
}
