import type { ErrorCode } from '../../../../shared/contract/errors.ts'
import type { Importance } from '../../../../shared/model/importance.ts'
import type { FieldSettings, LlamaCppSettings, Profile, RunnerKind } from '../../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'
import { gibField, parseGib } from '../../format/gib.ts'
import { freeId, modelName, slug } from '../../format/names.ts'
import {
  containerDraft,
  containerErrors,
  containerSettings,
  usualContainer,
  type ContainerDraft
} from './container-draft.ts'
import { asTyped, formFields, readTyped, typedProblem } from './fields.ts'

/** A form's content as typed: text until it is read. */
export interface Draft {
  readonly kind: RunnerKind
  readonly label: string
  readonly modelPath: string
  /** By the key of the kind's field. */
  readonly values: Readonly<Record<string, string | boolean>>
  readonly restartOnCrash: boolean
  readonly importance: Importance
  readonly pinned: boolean
  /** Its own floor in GiB; empty = the machine's. */
  readonly floorGib: string
  readonly lan: boolean
  readonly container: ContainerDraft | null
}

const typedValues = (kind: RunnerKind, settings: Readonly<Record<string, unknown>>): Draft['values'] =>
  Object.fromEntries(
    formFields(kind).map((field) => [field.key, asTyped(field, settings[field.key] ?? field.default)])
  )

/**
 * A new one's form: the safe defaults are shown, so that everyone sees what it will be started with. It runs in a
 * container where its vendor ships it as an image and no program of that kind is here.
 */
export const newDraft = (kind: RunnerKind, isInstalled: boolean = false): Draft => ({
  kind,
  label: '',
  modelPath: '',
  values: typedValues(kind, {}),
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorGib: '',
  lan: false,
  container: RUNNER_SPECS[kind].image === null || isInstalled ? null : usualContainer(kind)
})

export const draftOf = (profile: Profile): Draft => ({
  kind: profile.kind,
  label: profile.label,
  modelPath: profile.modelPath,
  values: typedValues(profile.kind, { ...profile.settings }),
  restartOnCrash: profile.restartOnCrash,
  importance: profile.importance,
  pinned: profile.pinned,
  floorGib: gibField(profile.floorBytes),
  lan: profile.lan,
  container: profile.container === null ? null : containerDraft(profile.container)
})

/** The name as typed, else the model's or the kind's, with a number where another has it: two Starts must differ. */
export function draftLabel(draft: Draft, takenLabels: ReadonlySet<string>): string {
  const typed = draft.label.trim()
  if (typed !== '') return typed
  const { model, name } = RUNNER_SPECS[draft.kind]
  const own = model.form === 'none' ? name : modelName(draft.modelPath.trim())
  return own === '' ? '' : freeId(own.slice(0, MOST_LABEL_CHARS), takenLabels)
}

/** Longest that the contract takes, in characters. */
export const MOST_LABEL_CHARS = 200
const MOST_PATH_CHARS = 4096

/** By field: 'modelPath', 'values.port', 'container.image' … */
export type DraftErrors = Readonly<Record<string, string>>

function modelProblem({ kind, modelPath }: Draft): string | null {
  const { form, label } = RUNNER_SPECS[kind].model
  const path = modelPath.trim()
  if (path.length > MOST_PATH_CHARS) return `At most ${MOST_PATH_CHARS} characters.`
  switch (form) {
    case 'none':
      return null
    case 'gguf':
      if (path === '') return 'Give the path of a model file.'
      return path.startsWith('/') ? null : 'Give the whole path, from / on.'
    case 'path':
      if (path === '') return `Give the path: ${label}.`
      return /^(\/|~\/)/.test(path) ? null : 'Give the whole path, from / on.'
    default:
      return path === '' ? `${label}: say which one.` : null
  }
}

/** What is wrong, by field, in words; empty when all is well. The core checks the rest (does the file exist?). */
export function draftErrors(draft: Draft): DraftErrors {
  const errors: Record<string, string> = draft.container === null ? {} : containerErrors(draft.container)
  const ofModel = modelProblem(draft)
  if (ofModel !== null) errors['modelPath'] = ofModel
  if (draft.label.trim().length > MOST_LABEL_CHARS) {
    errors['label'] = `At most ${MOST_LABEL_CHARS} characters.`
  }
  for (const field of formFields(draft.kind)) {
    const problem = typedProblem(field, draft.values[field.key] ?? '')
    if (problem !== null) errors[`values.${field.key}`] = problem
  }
  if (draft.kind === 'custom' && String(draft.values['command'] ?? '').trim() === '') {
    errors['values.command'] = 'Write the program and its arguments, one a line.'
  }
  if (parseGib(draft.floorGib) === 'bad') errors['floorGib'] = 'Give a number of GiB, as 1.5, or nothing.'
  return errors
}

/** Problems told before anybody asks for a start: while they are there, no estimate can be made, or nothing be kept. */
const AT_ONCE: ReadonlySet<string> = new Set(['label', 'values.contextTokens'])

/** Those that are told while one types; an empty form is not marked all over. */
export const saidAtOnce = (errors: DraftErrors): DraftErrors =>
  Object.fromEntries(Object.entries(errors).filter(([field]) => AT_ONCE.has(field)))

/** The field that a refusal is about, where it is about one alone. */
const ABOUT: Partial<Record<ErrorCode, string>> = {
  'model-missing': 'modelPath',
  'model-invalid': 'modelPath',
  'port-in-use': 'values.port',
  'runner-missing': 'values.binary'
}

/** Whether a refusal says nothing any more once `field` has changed. */
export const isAbout = (code: ErrorCode, field: string): boolean => (ABOUT[code] ?? field) === field

const draftSettings = (draft: Draft): FieldSettings =>
  Object.fromEntries(
    formFields(draft.kind).map((field) => [field.key, readTyped(field, draft.values[field.key] ?? '')])
  )

/** The profile of a draft that has no errors; a new one gets an id that none of the `others` has. */
export function draftProfile(
  draft: Draft,
  id: string | null,
  others: readonly { readonly id: string; readonly label: string }[]
): Profile {
  const label = draftLabel(draft, new Set(others.map((one) => one.label)))
  const floor = parseGib(draft.floorGib)
  const common = {
    id: id ?? freeId(slug(label), new Set(others.map((one) => one.id))),
    label,
    modelPath: RUNNER_SPECS[draft.kind].model.form === 'none' ? '' : draft.modelPath.trim(),
    restartOnCrash: draft.restartOnCrash,
    importance: draft.importance,
    pinned: draft.pinned,
    floorBytes: floor === 'bad' ? null : floor,
    lan: draft.lan,
    container: draft.container === null ? null : containerSettings(draft.container)
  }
  const settings = draftSettings(draft)
  // The fields of llama.cpp are the keys of its settings: fields.ts says so with their types.
  return draft.kind === 'llamacpp'
    ? { ...common, kind: draft.kind, settings: settings as unknown as LlamaCppSettings }
    : { ...common, kind: draft.kind, settings }
}
