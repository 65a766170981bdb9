import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { profileFileSchema, runnerIdSchema } from '../../../shared/contract/schemas.ts'
import type { Profile } from '../../../shared/model/runner.ts'
import { writeFileAtomic } from '../../platform/atomic-file.ts'

const ENDING = '.json'
const FOLDER_MODE = 0o700

export interface ProfileProblem {
  readonly text: string
  readonly whatToDo: string | null
}

/** Profiles on disk, one file each, so that one that is damaged hides no other. */
export interface ProfileStore {
  list(): readonly Profile[]
  get(id: string): Profile | null
  /** Throws what the file system says. */
  save(profile: Profile): void
  remove(id: string): void
}

/** Loads all profiles; one that cannot be understood is renamed to *.broken-<n>, kept, and reported. */
export function openProfiles(folder: string, onProblem: (problem: ProfileProblem) => void): ProfileStore {
  const profiles = new Map<string, Profile>()
  const pathOf = (id: string): string => join(folder, `${id}${ENDING}`)
  for (const name of namesIn(folder, onProblem)) {
    const path = join(folder, name)
    const loaded = load(path)
    if (typeof loaded !== 'string') profiles.set(loaded.id, loaded)
    else keepAside(path, loaded, onProblem)
  }
  return {
    list: () => [...profiles.values()].sort((a, b) => a.label.localeCompare(b.label)),
    get: (id) => profiles.get(id) ?? null,
    save(profile) {
      writeFileAtomic(pathOf(profile.id), `${JSON.stringify(profile, null, 2)}\n`)
      profiles.set(profile.id, profile)
    },
    remove(id) {
      rmSync(pathOf(id), { force: true })
      profiles.delete(id)
    }
  }
}

function namesIn(folder: string, onProblem: (problem: ProfileProblem) => void): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
    return readdirSync(folder).filter((name) => name.endsWith(ENDING))
  } catch (error) {
    onProblem({
      text: `The profiles in ${folder} cannot be read: ${reasonOf(error)}.`,
      whatToDo: 'Check the permissions of that folder, then start Firebreak again.'
    })
    return []
  }
}

/** The profile, or why there is none. */
function load(path: string): Profile | string {
  try {
    const parsed = profileFileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return issue === undefined ? 'it is no profile' : `${issue.path.join('.') || 'it'}: ${issue.message}`
    }
    const id = basename(path, ENDING)
    if (parsed.data.id !== id || !runnerIdSchema.safeParse(id).success) {
      return `it holds the profile '${parsed.data.id}', which its file name does not say`
    }
    return parsed.data
  } catch (error) {
    return reasonOf(error)
  }
}

function keepAside(path: string, reason: string, onProblem: (problem: ProfileProblem) => void): void {
  let number = 1
  while (existsSync(`${path}.broken-${number}`)) number += 1
  const aside = `${path}.broken-${number}`
  try {
    renameSync(path, aside)
    onProblem({
      text: `The profile file ${basename(path)} could not be understood (${reason}); it is kept as ${aside}.`,
      whatToDo: `Mend it and take away the ending .broken-${number}, or make the profile again.`
    })
  } catch (error) {
    onProblem({
      text: `The profile file ${path} could not be read (${reason}), nor put aside (${reasonOf(error)}).`,
      whatToDo: 'Check its permissions.'
    })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
