import { z } from 'zod'
import type { DeepReadonly } from '../util/deep-readonly.ts'

/** Raised with every change of shape; a migration from each older version stands in migrate.ts. */
export const SETTINGS_VERSION = 1

/** Bounds of the two deadlines, in s: below them nothing can succeed, above them nobody waits. */
export const LOAD_TIMEOUT_S = [5, 86_400] as const
export const STOP_TIMEOUT_S = [1, 600] as const

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
  llamacpp: z
    .strictObject({
      /** Empty = search PATH and the usual build folders. */
      binary: z.string().max(4096).default(''),
      /** A launch that shows no progress for this long has failed. */
      loadTimeoutS: z.int().min(LOAD_TIMEOUT_S[0]).max(LOAD_TIMEOUT_S[1]).default(180),
      /** Between SIGTERM and SIGKILL. */
      stopTimeoutS: z.int().min(STOP_TIMEOUT_S[0]).max(STOP_TIMEOUT_S[1]).default(15)
    })
    .prefault({})
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
