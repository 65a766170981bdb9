import type { z } from 'zod'
import { err, ok, type Result } from '../util/result.ts'
import {
  guardSettingsSchema,
  llamaCppLaunchSchema,
  protectedNameSchema,
  SETTINGS_VERSION,
  settingsSchema,
  type Settings
} from './schema.ts'

/** Takes a file of version N to N+1; index 0 migrates version 1 to 2. */
const MIGRATIONS: readonly ((old: Fields) => Fields)[] = [
  // 2 adds `guard`, whose defaults fill in by themselves.
  (old) => old
]

type Fields = Readonly<Record<string, unknown>>

/** A file's settings, with what of it could not be taken over. */
export interface ReadSettings {
  readonly settings: Settings
  /** 'theme: Invalid option': each field that was left out, and why; empty when all is well. */
  readonly left: readonly string[]
  /** The version the file was written in; null where it has none or a newer one. */
  readonly fromVersion: number | null
  /** What the guard may do could not be read, so it only observes: a guess could stop somebody. */
  readonly guardUnknown: boolean
}

/** Reads any version up to ours, field by field: one that is wrong costs no other. An error: nothing can be read. */
export function readSettings(raw: unknown): Result<ReadSettings, string> {
  if (!isFields(raw)) return err('it is not a JSON object')
  const left: string[] = []
  const fromVersion = versionOf(raw, left)
  const current = MIGRATIONS.slice((fromVersion ?? SETTINGS_VERSION) - 1).reduce(
    (fields: Fields, migrate) => migrate(fields),
    raw
  )
  const kept: Record<string, unknown> = { version: SETTINGS_VERSION }
  for (const [name, value] of Object.entries(current)) {
    if (name === 'version') continue
    if (name === 'guard') kept[name] = salvage(value, guardSettingsSchema.shape, 'guard.', left)
    else if (name === 'llamacpp') kept[name] = salvage(value, llamaCppLaunchSchema.shape, 'llamacpp.', left)
    else Object.assign(kept, salvage({ [name]: value }, settingsSchema.shape, '', left))
  }
  const guardUnknown =
    left.some((one) => /^guard(\.mode|\.protectedNames)?:/.test(one)) ||
    (fromVersion === null && current['guard'] === undefined)
  const settings = settingsSchema.parse(kept)
  return ok({
    settings: guardUnknown ? observing(settings) : settings,
    left,
    fromVersion,
    guardUnknown
  })
}

/** The same settings with a guard that does nothing but say what it would do. */
export const observing = (settings: Settings): Settings => ({
  ...settings,
  guard: { ...settings.guard, mode: 'observe' }
})

function versionOf(raw: Fields, left: string[]): number | null {
  const { version } = raw
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    left.push('version: it has no version number')
    return null
  }
  if (version <= SETTINGS_VERSION) return version
  left.push(`version: it was written by a newer Firebreak (version ${version})`)
  return null
}

/** The fields that are as they should be; of a list of names, the names. */
function salvage(
  value: unknown,
  shape: Readonly<Record<string, z.ZodType>>,
  prefix: string,
  left: string[]
): Record<string, unknown> {
  if (!isFields(value)) {
    left.push(`${prefix.slice(0, -1)}: it is not a JSON object`)
    return {}
  }
  const kept: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined
    const parsed = schema?.safeParse(field)
    if (parsed?.success === true) kept[name] = field
    else if (name === 'protectedNames' && Array.isArray(field)) {
      const names = field.filter((one) => protectedNameSchema.safeParse(one).success).slice(0, 256)
      kept[name] = names
      left.push(`${prefix}${name} (some): not a name`)
    } else left.push(`${prefix}${name}: ${parsed?.error?.issues[0]?.message ?? 'it is not known'}`)
  }
  return kept
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
