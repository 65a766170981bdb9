import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { playbookSchema } from '../../../shared/contract/runner-schemas.ts'
import type { Playbook } from '../../../shared/model/playbook.ts'

/** Of a playbook's file. Raised when a file of an older version could be misread. */
export const PLAYBOOK_VERSION = 1
/** The largest that ships has 3 KB. */
const MOST_BYTES = 262_144
const ENDING = '.json'

export interface PlaybookProblem {
  readonly text: string
  readonly whatToDo: string | null
}

export interface LoadedPlaybooks {
  /** By title. */
  readonly playbooks: readonly Playbook[]
  readonly problems: readonly PlaybookProblem[]
}

/** Reads every playbook of a folder; one that cannot be understood is named with its reason and hides no other. */
export function loadPlaybooks(folder: string): LoadedPlaybooks {
  const playbooks: Playbook[] = []
  const problems: PlaybookProblem[] = []
  const names = namesIn(folder)
  if (typeof names === 'string') {
    const text = `The playbooks in ${folder} cannot be read: ${names}.`
    return { playbooks, problems: [{ text, whatToDo: 'Install Firebreak again.' }] }
  }
  for (const name of names) {
    const loaded = load(join(folder, name))
    if (typeof loaded !== 'string') playbooks.push(loaded)
    else {
      problems.push({
        text: `The playbook ${name} cannot be used: ${loaded}.`,
        whatToDo: `Mend ${join(folder, name)} or install Firebreak again; the other playbooks are there.`
      })
    }
  }
  return { playbooks: playbooks.toSorted((a, b) => a.title.localeCompare(b.title)), problems }
}

function namesIn(folder: string): readonly string[] | string {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ENDING))
      .toSorted()
  } catch (error) {
    return reasonOf(error)
  }
}

/** The playbook, or why there is none. */
function load(path: string): Playbook | string {
  try {
    const { size } = statSync(path)
    if (size > MOST_BYTES) return `it has ${size} bytes, more than ${MOST_BYTES}`
    return playbookOf(JSON.parse(readFileSync(path, 'utf8')), basename(path, ENDING))
  } catch (error) {
    return reasonOf(error)
  }
}

function playbookOf(file: unknown, name: string): Playbook | string {
  if (typeof file !== 'object' || file === null) return 'it is no object'
  const version = 'version' in file ? file.version : undefined
  if (version !== PLAYBOOK_VERSION) {
    return `its version is ${JSON.stringify(version) ?? 'not said'}, this Firebreak knows version ${PLAYBOOK_VERSION}`
  }
  const parsed = playbookSchema.safeParse('playbook' in file ? file.playbook : undefined)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return issue === undefined
      ? 'it is no playbook'
      : `${issue.path.join('.') || 'playbook'}: ${issue.message}`
  }
  const { id, kind, profile } = parsed.data
  if (id !== name) return `its id is '${id}', which its file name does not say`
  if (profile.id !== id) return `its profile's id is '${profile.id}' and not '${id}'`
  if (profile.kind !== kind) return `its kind is ${kind}, and its profile's is ${profile.kind}`
  return parsed.data
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
