import type { RunnerKind } from './runner.ts'

interface AnyField {
  readonly key: string
  readonly label: string
  /** One sentence: what it changes, with units. */
  readonly help: string
  /** Shown only under 'Advanced'. */
  readonly advanced: boolean
}

/** One setting of a runner, as data: schema, form, and command line options come from it. */
export type FieldSpec = AnyField &
  (
    | {
        readonly type: 'int'
        readonly default: number
        readonly min: number
        readonly max: number
        readonly unit?: string
      }
    | { readonly type: 'number'; readonly default: number; readonly min: number; readonly max: number }
    | { readonly type: 'text'; readonly default: string; readonly placeholder?: string }
    | {
        readonly type: 'choice'
        readonly default: string
        readonly options: readonly { readonly value: string; readonly label: string }[]
      }
    | { readonly type: 'flag'; readonly default: boolean }
    /** One item per line. */
    | { readonly type: 'list'; readonly default: readonly string[] }
  )

/** What a kind of runner is, for people and forms. */
export interface RunnerSpec {
  readonly kind: RunnerKind
  /** As its vendor writes it. */
  readonly name: string
  /** One sentence: what it is for. */
  readonly summary: string
  /**
   * process: Firebreak starts its program or container. service: a program that runs anyway; what is started and
   * stopped are the models in it.
   */
  readonly way: 'process' | 'service'
  /** What `modelPath` holds, and how to ask for it. */
  readonly model: {
    readonly form: 'gguf' | 'repository' | 'tag' | 'path' | 'none'
    readonly label: string
    readonly placeholder: string
  }
  readonly defaultPort: number
  /** The usual image, where it is usually run in a container; null: it is a program. */
  readonly image: string | null
  readonly fields: readonly FieldSpec[]
}
