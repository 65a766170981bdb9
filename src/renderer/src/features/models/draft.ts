import type { ErrorCode } from '../../../../shared/contract/errors.ts'
import type { Importance } from '../../../../shared/model/importance.ts'
import type { LlamaCppSettings, Profile } from '../../../../shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../../../shared/settings/llamacpp-defaults.ts'
import { gibField, parseGib } from '../../format/gib.ts'
import { freeId, modelName, slug } from '../../format/names.ts'

/** A form's content as typed: text until it is read. */
export interface Draft {
  readonly label: string
  readonly modelPath: string
  readonly contextTokens: string
  readonly port: string
  readonly parallelSlots: string
  readonly gpuLayers: string
  readonly promptCacheMiB: string
  readonly contextCheckpoints: string
  readonly binary: string
  readonly extraArgs: string
  readonly restartOnCrash: boolean
  readonly importance: Importance
  readonly pinned: boolean
  /** Its own floor in GiB; empty = the machine's. */
  readonly floorGib: string
}
export type DraftField = keyof Draft
/** Fields that are typed text. */
export type TextDraftField = {
  [K in DraftField]: Draft[K] extends boolean | Importance ? never : K
}[DraftField]

const settingsDraft = (settings: LlamaCppSettings): Pick<Draft, keyof LlamaCppSettings & DraftField> => ({
  contextTokens: String(settings.contextTokens),
  port: String(settings.port),
  parallelSlots: String(settings.parallelSlots),
  gpuLayers: String(settings.gpuLayers),
  promptCacheMiB: String(settings.promptCacheMiB),
  contextCheckpoints: String(settings.contextCheckpoints),
  binary: settings.binary,
  extraArgs: settings.extraArgs.join('\n')
})

/** A new model's form: the safe defaults are shown, so that everyone sees what it will be started with. */
export const SAFE_DRAFT: Draft = {
  label: '',
  modelPath: '',
  ...settingsDraft(defaultLlamaCppSettings()),
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorGib: ''
}

export const draftOf = (profile: Profile): Draft => ({
  label: profile.label,
  modelPath: profile.modelPath,
  ...settingsDraft(profile.settings),
  restartOnCrash: profile.restartOnCrash,
  importance: profile.importance,
  pinned: profile.pinned,
  floorGib: gibField(profile.floorBytes)
})

/** The name as typed, else the file's, with a number where another profile has it: two Starts must differ. */
export function draftLabel(draft: Draft, takenLabels: ReadonlySet<string>): string {
  const typed = draft.label.trim()
  if (typed !== '') return typed
  const own = modelName(draft.modelPath.trim())
  return own === '' ? '' : freeId(own, takenLabels)
}

const RANGES = {
  contextTokens: [0, 16_777_216],
  port: [0, 65_535],
  parallelSlots: [1, 256],
  gpuLayers: [-1, 10_000],
  promptCacheMiB: [0, 1_048_576],
  contextCheckpoints: [0, 1024]
} as const satisfies Partial<Record<DraftField, readonly [number, number]>>
type NumberField = keyof typeof RANGES

export type DraftErrors = Partial<Record<DraftField, string>>

/** What is wrong, by field, in words; empty when all is well. The core checks the rest (does the file exist?). */
export function draftErrors(draft: Draft): DraftErrors {
  const errors: DraftErrors = {}
  if (draft.modelPath.trim() === '') errors.modelPath = 'Give the path of a model file.'
  else if (!draft.modelPath.trim().startsWith('/')) errors.modelPath = 'Give the whole path, from / on.'
  for (const [field, [low, high]] of Object.entries(RANGES) as [NumberField, readonly [number, number]][]) {
    const text = draft[field].trim()
    if (!/^-?\d+$/.test(text)) errors[field] = 'Give a whole number.'
    else if (Number(text) < low || Number(text) > high) errors[field] = `Between ${low} and ${high}.`
  }
  if (parseGib(draft.floorGib) === 'bad') errors.floorGib = 'Give a number of GiB, as 1.5, or nothing.'
  return errors
}

/** The field that a refusal is about, where it is about one alone. */
const ABOUT: Partial<Record<ErrorCode, DraftField>> = {
  'model-missing': 'modelPath',
  'model-invalid': 'modelPath',
  'port-in-use': 'port',
  'runner-missing': 'binary'
}

/** Whether a refusal says nothing any more once `field` has changed. */
export const isAbout = (code: ErrorCode, field: DraftField): boolean => (ABOUT[code] ?? field) === field

/** Settings of a draft that has no errors. */
export function draftSettings(draft: Draft): LlamaCppSettings {
  return {
    contextTokens: Number(draft.contextTokens),
    port: Number(draft.port),
    parallelSlots: Number(draft.parallelSlots),
    gpuLayers: Number(draft.gpuLayers),
    promptCacheMiB: Number(draft.promptCacheMiB),
    contextCheckpoints: Number(draft.contextCheckpoints),
    binary: draft.binary.trim(),
    extraArgs: draft.extraArgs.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  }
}

/** The profile of a draft; a new one gets an id that none of the `others` has. */
export function draftProfile(
  draft: Draft,
  id: string | null,
  others: readonly { readonly id: string; readonly label: string }[]
): Profile {
  const label = draftLabel(draft, new Set(others.map((one) => one.label)))
  const floor = parseGib(draft.floorGib)
  return {
    id: id ?? freeId(slug(label), new Set(others.map((one) => one.id))),
    label,
    kind: 'llamacpp',
    modelPath: draft.modelPath.trim(),
    settings: draftSettings(draft),
    restartOnCrash: draft.restartOnCrash,
    importance: draft.importance,
    pinned: draft.pinned,
    floorBytes: floor === 'bad' ? null : floor
  }
}
