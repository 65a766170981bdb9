import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { observing, readSettings } from '../../shared/settings/migrate.ts'
import {
  defaultSettings,
  SETTINGS_VERSION,
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
import { fitted, thresholdProblem } from './bounds.ts'

export interface SettingsProblem {
  readonly text: string
  readonly whatToDo: string
}

/** The user's settings: one versioned JSON file, written atomically, never lost when it cannot be read. */
export interface SettingsStore {
  get(): Settings
  set(patch: SettingsPatch): Result<Settings, ContractError>
  onChange(listener: (settings: Settings) => void): Disposable
  /** The size of this machine is known: from now on thresholds are held against it. What was changed to fit, if so. */
  fit(memTotalBytes: number): SettingsProblem | null
  /** Set when the file on disk could not be used and was kept aside. */
  readonly problem: SettingsProblem | null
  /** What is new to the user since the file was written, once; null where nothing is. */
  readonly news: SettingsProblem | null
}

export function openSettings(configDir: string, clock: Clock, logger: Logger): SettingsStore {
  const path = join(configDir, 'settings.json')
  const loaded = load(path, clock, logger)
  if (loaded.problem) logger.warn(`${loaded.problem.text} ${loaded.problem.whatToDo}`)
  let current = loaded.settings
  let memTotalBytes: number | null = null
  const changed = createEmitter<Settings>((error) => logger.error('a settings listener failed', error))
  return {
    get: () => current,
    problem: loaded.problem,
    news: loaded.news,
    onChange: (listener) => changed.on(listener),
    fit(totalBytes) {
      memTotalBytes = totalBytes
      const wrong = thresholdProblem(current, totalBytes)
      if (wrong === null) return null
      current = fitted(current, totalBytes)
      changed.emit(current)
      return {
        text: `The thresholds in the settings file do not fit this machine: ${wrong.message}. Ones that do are used.`,
        whatToDo: 'Set the reserve and the floor anew on the Guard page.'
      }
    },
    set(patch) {
      const merged = settingsSchema.safeParse({
        ...current,
        ...patch,
        guard: { ...current.guard, ...patch.guard },
        llamacpp: { ...current.llamacpp, ...patch.llamacpp }
      })
      if (!merged.success) return invalid(merged.error.issues)
      const wrong = memTotalBytes === null ? null : thresholdProblem(merged.data, memTotalBytes)
      const isAsked = patch.reserveBytes !== undefined || patch.floorBytes !== undefined
      if (wrong !== null && isAsked) return err(wrong)
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
    return parsed.ok ? parsed.value.settings : observing(defaultSettings())
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
  readonly news: SettingsProblem | null
  /** The user's text is still in its place and would be lost by writing. */
  readonly inTheWay: boolean
}

/** Version 1 knew no guard. */
const GUARD_IS_NEW: SettingsProblem = {
  text: 'The guard is on: it pauses and stops models when memory runs out. Programs that Firebreak did not start are never touched unless you allow it.',
  whatToDo:
    'The Guard page shows whom it would stop, and has the other modes: observe only tells, off does nothing.'
}
const GUARD_VERSION = 2
const OBSERVES =
  ' What the guard may do could not be read, so it only observes: choose its mode on the Guard page.'

function load(path: string, clock: Clock, logger: Logger): Loaded {
  const fine = { problem: null, news: null, inTheWay: false }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (missing) return { ...fine, settings: defaultSettings() }
    return broken(observing(defaultSettings()), path, words(error), true, clock, logger)
  }
  const parsed = readSettings(parseJson(text))
  if (!parsed.ok) return broken(observing(defaultSettings()), path, parsed.error, true, clock, logger)
  const { settings, left, guardUnknown, fromVersion } = parsed.value
  const isGuardNew = fromVersion !== null && fromVersion < GUARD_VERSION && settings.guard.mode !== 'off'
  const news = isGuardNew && !guardUnknown ? GUARD_IS_NEW : null
  if (left.length > 0)
    return { ...broken(settings, path, left.join('; '), guardUnknown, clock, logger), news }
  // In its new form, so that the news is told once.
  if (fromVersion !== SETTINGS_VERSION) keep(path, settings, logger)
  return { ...fine, settings, news }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function keep(path: string, settings: Settings, logger: Logger): void {
  try {
    writeFileAtomic(path, `${JSON.stringify(settings, null, 2)}\n`)
  } catch (error) {
    logger.warn(`the settings could not be written to ${path}: ${words(error)}`)
  }
}

/** The user's text is never overwritten: it may hold an hour's work and one comma too many. */
function broken(
  settings: Settings,
  path: string,
  reason: string,
  guardUnknown: boolean,
  clock: Clock,
  logger: Logger
): Loaded {
  const aside = `${path}.broken-${new Date(clock.nowMs()).toISOString().replaceAll(':', '-')}`
  const observes = guardUnknown ? OBSERVES : ''
  try {
    renameSync(path, aside)
  } catch (error) {
    const problem = {
      text: `The settings file ${path} cannot be used as it is (${reason}) nor moved aside; defaults stand in for what is wrong.${observes}`,
      whatToDo: `Move it yourself, then start Firebreak again: ${words(error)}.`
    }
    return { settings, problem, news: null, inTheWay: true }
  }
  // What could be read is kept, or the next start would know nothing of it and turn the guard on.
  keep(path, settings, logger)
  const problem = {
    text: `The settings file could not be used as it is (${reason}). It was kept as ${aside}; defaults stand in for what is wrong.${observes}`,
    whatToDo: 'Set those anew in Settings, or mend that file and rename it to settings.json.'
  }
  return { settings, problem, news: null, inTheWay: false }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))
