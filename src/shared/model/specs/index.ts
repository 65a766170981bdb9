import type { FieldSpec, RunnerSpec } from '../runner-spec.ts'
import type { FieldProfile, RunnerKind, SettingValue } from '../runner.ts'
import { COMFYUI_SPEC } from './comfyui.ts'
import { CUSTOM_SPEC } from './custom.ts'
import { FINETUNE_SPEC } from './finetune.ts'
import { JUPYTERLAB_SPEC } from './jupyterlab.ts'
import { LLAMACPP_SPEC } from './llamacpp.ts'
import { LMSTUDIO_SPEC } from './lmstudio.ts'
import { NIM_SPEC } from './nim.ts'
import { OLLAMA_SPEC } from './ollama.ts'
import { OPEN_WEBUI_SPEC } from './open-webui.ts'
import { SGLANG_SPEC } from './sglang.ts'
import { TRTLLM_SPEC } from './trtllm.ts'
import { VLLM_SPEC } from './vllm.ts'

/** Every kind of runner, for people and forms; a kind without a description does not compile. */
export const RUNNER_SPECS = {
  llamacpp: LLAMACPP_SPEC,
  vllm: VLLM_SPEC,
  trtllm: TRTLLM_SPEC,
  sglang: SGLANG_SPEC,
  ollama: OLLAMA_SPEC,
  lmstudio: LMSTUDIO_SPEC,
  comfyui: COMFYUI_SPEC,
  nim: NIM_SPEC,
  'open-webui': OPEN_WEBUI_SPEC,
  jupyterlab: JUPYTERLAB_SPEC,
  finetune: FINETUNE_SPEC,
  custom: CUSTOM_SPEC
} as const satisfies Record<RunnerKind, RunnerSpec>

/** One setting of a profile, or its default; throws for a key its kind does not have: a mistake of the caller. */
export function settingOf(profile: FieldProfile, key: string): SettingValue {
  const field = fieldOf(profile.kind, key)
  if (field === undefined) throw new Error(`${profile.kind} has no setting '${key}'`)
  return profile.settings[key] ?? field.default
}

export const numberSetting = (profile: FieldProfile, key: string): number => {
  const value = settingOf(profile, key)
  return typeof value === 'number' ? value : 0
}
export const textSetting = (profile: FieldProfile, key: string): string => {
  const value = settingOf(profile, key)
  return typeof value === 'string' ? value : ''
}
export const flagSetting = (profile: FieldProfile, key: string): boolean => settingOf(profile, key) === true
export const listSetting = (profile: FieldProfile, key: string): readonly string[] => {
  const value = settingOf(profile, key)
  return typeof value === 'object' ? value : []
}

const fieldOf = (kind: RunnerKind, key: string): FieldSpec | undefined =>
  RUNNER_SPECS[kind].fields.find((field) => field.key === key)

/** What is wrong with one setting, in words for people; null: nothing. */
export function settingProblem(kind: RunnerKind, key: string, value: unknown): string | null {
  const field = fieldOf(kind, key)
  if (field === undefined) return `${RUNNER_SPECS[kind].name} has no setting '${key}'`
  switch (field.type) {
    case 'int':
    case 'number':
      return typeof value === 'number' &&
        value >= field.min &&
        value <= field.max &&
        (field.type === 'number' || Number.isInteger(value))
        ? null
        : `${field.label}: give ${field.type === 'int' ? 'a whole number' : 'a number'} from ${field.min} to ${field.max}`
    case 'choice':
      return field.options.some((option) => option.value === value)
        ? null
        : `${field.label}: choose one of ${field.options.map((option) => option.value).join(', ')}`
    case 'flag':
      return typeof value === 'boolean' ? null : `${field.label}: say true or false`
    case 'text':
      return typeof value === 'string' ? null : `${field.label}: give a text`
    default:
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? null
        : `${field.label}: give a list of texts`
  }
}
