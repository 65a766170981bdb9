import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { readSettings } from '../../shared/settings/migrate.ts'
import {
  defaultSettings,
  settingsSchema,
  type Settings,
  type SettingsPatch
} from '../../shared/settings/schema.ts'
import { createEmitter } from '../../shared/util/emitter.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { writeFileAtomic } from '../platform/atomic-file.ts'
import type { Clock, Logger } from '../platform/ports.ts'

export interface SettingsProblem {
  readonly text: string
  readonly whatToDo: string
}

/** The user's settings: one versioned JSON file, written atomically, never lost when it cannot be read. */
export interface SettingsStore {
  get(): Settings
  set(patch: SettingsPatch): Result<Settings, ContractError>
  onChange(listener: (settings: Settings) => void): Disposable
  /** Set when the file on disk could not be used and was kept aside. */
  readonly problem: SettingsProblem | null
}

export function openSettings(configDir: string, clock: Clock, logger: Logger): SettingsStore {
  const path = join(configDir, 'settings.json')
  const loaded = load(path, clock)
  if (loaded.problem) logger.warn(`${loaded.problem.text} ${loaded.problem.whatToDo}`)
  let current = loaded.settings
  const changed = createEmitter<Settings>((error) => logger.error('a settings listener failed', error))
  return {
    get: () => current,
    problem: loaded.problem,
    onChange: (listener) => changed.on(listener),
    set(patch) {
      const merged = settingsSchema.safeParse({
        ...current,
        ...patch,
        guard: { ...current.guard, ...patch.guard },
        llamacpp: { ...current.llamacpp, ...patch.llamacpp }
      })
      if (!merged.success) return invalid(merged.error.issues)
      const { floorBytes, reserveBytes } = merged.data
      if (floorBytes !== null && reserveBytes !== null && floorBytes > reserveBytes) {
        return err({
          code: 'settings-invalid',
          message: 'the floor cannot be above the reserve: raise the reserve first, or lower the floor'
        })
      }
      if (loaded.inTheWay) {
        return err({
          code: 'refused',
          message: `nothing was saved, to keep your settings file: ${loaded.problem?.whatToDo ?? ''}`
        })
      }
      try {
        writeFileAtomic(path, `${JSON.stringify(merged.data, null, 2)}\n`)
      } catch (error) {
        return err({
          code: 'settings-invalid',
          message: `settings could not be written to ${path}: check that the folder is yours and the disk not full`,
          detail: error instanceof Error ? error.message : String(error)
        })
      }
      current = merged.data
      changed.emit(current)
      return ok(current)
    }
  }
}

/** Settings for a decision before the core runs (Electron's GPU switch); changes nothing on disk. */
export function peekSettings(configDir: string): Settings {
  try {
    const parsed = readSettings(parseJson(readFileSync(join(configDir, 'settings.json'), 'utf8')))
    return parsed.ok ? parsed.value : defaultSettings()
  } catch {
    return defaultSettings()
  }
}

function invalid(
  issues: readonly { path: readonly PropertyKey[]; message: string }[]
): Result<never, ContractError> {
  const said = issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
  return err({ code: 'settings-invalid', message: `that is no valid setting (${said.join('; ')})` })
}

interface Loaded {
  readonly settings: Settings
  readonly problem: SettingsProblem | null
  /** The user's text is still in its place and would be lost by writing. */
  readonly inTheWay: boolean
}

function load(path: string, clock: Clock): Loaded {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (missing) return { settings: defaultSettings(), problem: null, inTheWay: false }
    return { settings: defaultSettings(), ...keepAside(path, words(error), clock) }
  }
  const parsed = readSettings(parseJson(text))
  if (parsed.ok) return { settings: parsed.value, problem: null, inTheWay: false }
  return { settings: defaultSettings(), ...keepAside(path, parsed.error, clock) }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The user's text is never overwritten: it may hold an hour's work and one comma too many. */
function keepAside(path: string, reason: string, clock: Clock): Omit<Loaded, 'settings'> {
  const aside = `${path}.broken-${new Date(clock.nowMs()).toISOString().replaceAll(':', '-')}`
  try {
    renameSync(path, aside)
  } catch (error) {
    const problem = {
      text: `The settings file ${path} cannot be used (${reason}) nor moved aside; defaults are used.`,
      whatToDo: `Move it yourself, then start Firebreak again: ${words(error)}.`
    }
    return { problem, inTheWay: true }
  }
  const problem = {
    text: `The settings file could not be used (${reason}). It was kept as ${aside}; defaults are used.`,
    whatToDo: 'Mend that file and rename it to settings.json, or set things anew in Settings.'
  }
  return { problem, inTheWay: false }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))
