import { z } from 'zod'
import { GUARD_MODES } from '../model/status.ts'
import type { DeepReadonly } from '../util/deep-readonly.ts'

/** Raised with every change of shape; a migration from each older version stands in migrate.ts. */
export const SETTINGS_VERSION = 2

/** Bounds of the two deadlines, in s: below them nothing can succeed, above them nobody waits. */
export const LOAD_TIMEOUT_S = [5, 86_400] as const
export const STOP_TIMEOUT_S = [1, 600] as const

/** How long a frozen runner waits for an answer, in s. */
export const ANSWER_S = [3, 600] as const

export const protectedNameSchema = z.string().min(1).max(200)
const names = z.array(protectedNameSchema).max(256)

/** How the guard is to behave. */
export const guardSettingsSchema = z.strictObject({
  mode: z.enum(GUARD_MODES).default('balanced'),
  /** Whether the guard may freeze and stop programs that Firebreak did not start. */
  mayStopForeign: z.boolean().default(false),
  /** Names of programs that are never stopped, besides the built-in list; a trailing * matches the rest. */
  protectedNames: names.default([]),
  /** How long a frozen runner waits for an answer before it is stopped; the mode 'relaxed' waits for ever. */
  answerS: z.int().min(ANSWER_S[0]).max(ANSWER_S[1]).default(15)
})

/** How llama.cpp is launched and stopped. */
export const llamaCppLaunchSchema = z.strictObject({
  /** Empty = search PATH and the usual build folders. */
  binary: z.string().max(4096).default(''),
  /** A launch that shows no progress for this long has failed. */
  loadTimeoutS: z.int().min(LOAD_TIMEOUT_S[0]).max(LOAD_TIMEOUT_S[1]).default(180),
  /** Between SIGTERM and SIGKILL. */
  stopTimeoutS: z.int().min(STOP_TIMEOUT_S[0]).max(STOP_TIMEOUT_S[1]).default(15)
})

/** What the user can change. Every field has a default, so that an older file gains new fields quietly. */
export const settingsSchema = z.strictObject({
  version: z.literal(SETTINGS_VERSION),
  /** 'system' follows the desktop. */
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Off: on unified memory the window's GPU buffers come out of the very memory Firebreak guards. */
  hardwareAcceleration: z.boolean().default(false),
  /** null = clamp(MemTotal/20, 512 MiB, 6 GiB). Where warning begins. */
  reserveBytes: z.number().int().nonnegative().nullable().default(null),
  /** null = clamp(MemTotal/60, 192 MiB, 2 GiB). What falling memory must not pass. */
  floorBytes: z.number().int().nonnegative().nullable().default(null),
  /** Searched for model files besides the usual places. */
  modelFolders: z.array(z.string().max(4096)).max(64).default([]),
  guard: guardSettingsSchema.prefault({}),
  llamacpp: llamaCppLaunchSchema.prefault({})
})
export type Settings = DeepReadonly<z.infer<typeof settingsSchema>>

export const defaultSettings = (): Settings => settingsSchema.parse({ version: SETTINGS_VERSION })

/** A change of some fields, as the settings page sends it. */
export const settingsPatchSchema = settingsSchema
  .omit({ version: true })
  .partial()
  .extend({
    theme: z.enum(['system', 'light', 'dark']).optional(),
    hardwareAcceleration: z.boolean().optional(),
    reserveBytes: z.number().int().nonnegative().nullable().optional(),
    floorBytes: z.number().int().nonnegative().nullable().optional(),
    modelFolders: z.array(z.string().max(4096)).max(64).optional(),
    guard: z
      .strictObject({
        mode: z.enum(GUARD_MODES),
        mayStopForeign: z.boolean(),
        protectedNames: names,
        answerS: z.int().min(ANSWER_S[0]).max(ANSWER_S[1])
      })
      .partial()
      .optional(),
    llamacpp: z
      .strictObject({
        binary: z.string().max(4096),
        loadTimeoutS: z.int().min(LOAD_TIMEOUT_S[0]).max(LOAD_TIMEOUT_S[1]),
        stopTimeoutS: z.int().min(STOP_TIMEOUT_S[0]).max(STOP_TIMEOUT_S[1])
      })
      .partial()
      .optional()
  })
export type SettingsPatch = DeepReadonly<z.infer<typeof settingsPatchSchema>>
