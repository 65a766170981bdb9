import type { LlamaCppSettings, RunnerKind } from '../../../../shared/model/runner.ts'
import type { FieldSpec } from '../../../../shared/model/runner-spec.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'
import { defaultLlamaCppSettings } from '../../../../shared/settings/llamacpp-defaults.ts'

const DEFAULTS = defaultLlamaCppSettings()

const int = (
  key: keyof LlamaCppSettings,
  label: string,
  help: string,
  [min, max]: readonly [number, number],
  advanced: boolean = false
): FieldSpec => {
  const value = DEFAULTS[key]
  return { key, type: 'int', label, help, default: typeof value === 'number' ? value : 0, min, max, advanced }
}

/** The settings of llama.cpp in the shape of the other kinds', so that one form does for all. */
const LLAMACPP_FIELDS: readonly FieldSpec[] = [
  int('contextTokens', 'Context', 'Tokens; 0 = as trained', [0, 16_777_216]),
  int('parallelSlots', 'Parallel slots', 'Requests at a time', [1, 256]),
  int('port', 'Port', '0 = first free one', [0, 65_535]),
  int('gpuLayers', 'Layers on the GPU', '-1 = all', [-1, 10_000], true),
  int('promptCacheMiB', 'Prompt cache', 'MiB of memory at most', [0, 1_048_576], true),
  int('contextCheckpoints', 'Checkpoints', 'Per slot', [0, 1024], true),
  {
    key: 'binary',
    type: 'text',
    label: 'llama-server',
    help: 'Empty = the one of Settings, else the one on the PATH',
    default: '',
    advanced: true
  },
  {
    key: 'extraArgs',
    type: 'list',
    label: 'Extra arguments',
    help: 'One per line, handed to llama-server as they are.',
    default: [],
    advanced: true
  }
]

/** The settings of a kind as its form shows them. */
export const formFields = (kind: RunnerKind): readonly FieldSpec[] =>
  kind === 'llamacpp' ? LLAMACPP_FIELDS : RUNNER_SPECS[kind].fields

/** Longest value, or line of a list, and most lines of one: what the contract takes of every kind. */
const MOST_CHARS = 4096
const MOST_LINES = 256

/** What is wrong with a field as typed, in words; null: nothing. */
export function typedProblem(field: FieldSpec, typed: string | boolean): string | null {
  if (typeof typed === 'boolean') return null
  const text = typed.trim()
  switch (field.type) {
    case 'int':
      if (!/^-?\d+$/.test(text)) return 'Give a whole number.'
      return inRange(field, Number(text))
    case 'number':
      if (!/^-?\d+([.,]\d+)?$/.test(text)) return 'Give a number.'
      return inRange(field, readNumber(text))
    case 'choice':
      return field.options.some(({ value }) => value === typed) ? null : 'Choose one of the list.'
    case 'list': {
      const lines = text.split('\n').filter((line) => line.trim() !== '')
      if (lines.length > MOST_LINES) return `At most ${MOST_LINES} lines.`
      return lines.some((line) => line.trim().length > MOST_CHARS)
        ? `At most ${MOST_CHARS} characters a line.`
        : null
    }
    default:
      return text.length > MOST_CHARS ? `At most ${MOST_CHARS} characters.` : null
  }
}

const inRange = (field: { readonly min: number; readonly max: number }, value: number): string | null =>
  value < field.min || value > field.max ? `Between ${field.min} and ${field.max}.` : null

const readNumber = (text: string): number => Number(text.trim().replace(',', '.'))

/** A field's value of what was typed; only for what has no problem. */
export function readTyped(
  field: FieldSpec,
  typed: string | boolean
): number | string | boolean | readonly string[] {
  if (typeof typed === 'boolean') return typed
  switch (field.type) {
    case 'int':
    case 'number':
      return readNumber(typed)
    case 'list':
      return typed.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
    case 'choice':
      return typed
    default:
      return typed.trim()
  }
}

/** A value as a control shows it. */
export function asTyped(field: FieldSpec, value: unknown): string | boolean {
  if (field.type === 'flag') return value === true
  return Array.isArray(value) ? value.join('\n') : String(value)
}
