import { err, ok, type Result } from '../util/result.ts'
import { SETTINGS_VERSION, settingsSchema, type Settings } from './schema.ts'

/** Takes a file of version N to N+1; index 0 migrates version 1 to 2. */
const MIGRATIONS: readonly ((old: Record<string, unknown>) => Record<string, unknown>)[] = [
  // 2 adds `guard`, whose defaults fill in by themselves.
  (old) => old
]

/** Reads any version up to ours. The error says which field is wrong and how; it is shown to the user. */
export function readSettings(raw: unknown): Result<Settings, string> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return err('it is not a JSON object')
  let current: Record<string, unknown> = { ...raw }
  const version = current['version']
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return err('it has no version number')
  }
  if (version > SETTINGS_VERSION) return err(`it was written by a newer Firebreak (version ${version})`)
  for (const migrate of MIGRATIONS.slice(version - 1)) current = migrate(current)
  const parsed = settingsSchema.safeParse({ ...current, version: SETTINGS_VERSION })
  if (parsed.success) return ok(parsed.data)
  const [first] = parsed.error.issues
  return err(first ? `${first.path.join('.') || 'file'}: ${first.message}` : 'it does not match')
}
