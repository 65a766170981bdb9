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
        llamacpp: { ...current.llamacpp, ...patch.llamacpp }
      })
      if (!merged.success) {
        return err({
          code: 'settings-invalid',
          message: 'that setting is not valid',
          detail: merged.error.message
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

function load(path: string, clock: Clock): { settings: Settings; problem: SettingsProblem | null } {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (missing) return { settings: defaultSettings(), problem: null }
    return {
      settings: defaultSettings(),
      problem: {
        text: `The settings in ${path} could not be read (${error instanceof Error ? error.message : String(error)}); defaults are used.`,
        whatToDo: 'Check the permissions of the file, then start Firebreak again.'
      }
    }
  }
  const parsed = readSettings(parseJson(text))
  if (parsed.ok) return { settings: parsed.value, problem: null }
  return { settings: defaultSettings(), problem: keepAside(path, parsed.error, clock) }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The user's text is never overwritten: it may hold an hour's work and one comma too many. */
function keepAside(path: string, reason: string, clock: Clock): SettingsProblem {
  const aside = `${path}.broken-${new Date(clock.nowMs()).toISOString().replaceAll(':', '-')}`
  try {
    renameSync(path, aside)
  } catch (error) {
    return {
      text: `The settings file ${path} cannot be used (${reason}) nor moved aside; defaults are used.`,
      whatToDo: `Move it yourself: ${error instanceof Error ? error.message : String(error)}.`
    }
  }
  return {
    text: `The settings file could not be used (${reason}). It was kept as ${aside}; defaults are used.`,
    whatToDo: 'Mend that file and rename it to settings.json, or set things anew in Settings.'
  }
}
