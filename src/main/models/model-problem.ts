/** Why a model's description could not be read. */
export type ModelProblemKind =
  | 'missing'
  | 'unreadable'
  | 'not-a-file'
  | 'empty'
  | 'not-gguf'
  | 'not-safetensors'
  | 'no-model'
  | 'several'
  | 'unsupported'
  | 'truncated'
  | 'damaged'

export interface ModelProblem {
  readonly kind: ModelProblemKind
  /** One sentence or two: what is wrong and what to do. */
  readonly message: string
}

/** What ended reading; thrown inside the readers only, and turned into a Result where the file was opened. */
export class Refusal extends Error {
  readonly kind: ModelProblemKind
  /** `message` goes on after the file's name: 'is empty. Download it again.' */
  constructor(kind: ModelProblemKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** Bytes that no program writes. */
export const damaged = (what: string): Refusal =>
  new Refusal('damaged', `is damaged: ${what}. Download it again.`)
