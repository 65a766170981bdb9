import type { ContractError } from '../../../shared/contract/errors.ts'
import { profileFileSchema } from '../../../shared/contract/schemas.ts'
import { RUNNER_KINDS, type FieldSettings, type Profile } from '../../../shared/model/runner.ts'
import { plainText } from '../../../shared/util/plain-text.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { freeSlug } from './slug.ts'

const FORMAT = 'profiles'
/** Raised when an older Firebreak could misread the file. */
export const TRANSFER_VERSION = 1
/** Nobody has more; a file made by mistake must end. */
const MOST_PROFILES = 1_000
/** Names from a file appear in sentences. */
const MOST_NAME_CHARACTERS = 80

/** Hides secrets of a command line, position by position: what it changes is secret. */
export type Redact = (args: readonly string[]) => readonly string[]

/** Profiles as a file for another machine. Secrets are left out, and the file says which. */
export function exportProfiles(profiles: readonly Profile[], redact: Redact): string {
  const leftOut: string[] = []
  const cleaned = profiles.map((profile) => {
    const { clean, names } = withoutSecrets(profile, redact)
    leftOut.push(...names.map((name) => `${profile.label}: ${name}`))
    return clean
  })
  const file = { firebreak: FORMAT, version: TRANSFER_VERSION, leftOut, profiles: cleaned }
  return `${JSON.stringify(file, null, 2)}\n`
}

function withoutSecrets(
  profile: Profile,
  redact: Redact
): { readonly clean: Profile; readonly names: readonly string[] } {
  const names: string[] = []
  /** An option and its value go together. */
  const cleanList = (items: readonly string[]): readonly string[] => {
    const shown = redact(items)
    const secret = items.map((item, at) => shown[at] !== item)
    const isGone = items.map((_, at) => {
      if (secret[at] !== true) return false
      names.push(nameOfSecret(items, at, shown[at] ?? ''))
      return true
    })
    return items.filter(
      (_, at) => isGone[at] !== true && !(isGone[at + 1] === true && hasOption(items, at + 1))
    )
  }
  const settings: Record<string, FieldSettings[string]> = {}
  for (const [key, value] of Object.entries(profile.settings) as [string, FieldSettings[string]][]) {
    if (typeof value === 'string' && value !== '' && redact([`${key}=${value}`])[0] !== `${key}=${value}`) {
      names.push(key)
    } else settings[key] = typeof value === 'object' ? cleanList(value) : value
  }
  const container =
    profile.container === null ? null : { ...profile.container, env: cleanList(profile.container.env) }
  // Only texts and lists changed, none of which a kind must have but by its own type.
  return { clean: { ...profile, settings, container } as Profile, names }
}

const ASSIGNED_NAME = /^(-{0,2}[A-Za-z][\w.-]*)=/
const LONE_OPTION = /^-{1,2}[A-Za-z][\w.-]*$/

/** Whether the item is the value of the option before it. */
const hasOption = (items: readonly string[], at: number): boolean =>
  LONE_OPTION.test(items[at - 1] ?? '') && !ASSIGNED_NAME.test(items[at] ?? '')

/** 'NAME', '--name', or what may be shown of an address. */
const nameOfSecret = (items: readonly string[], at: number, shown: string): string =>
  hasOption(items, at) ? (items[at - 1] ?? '') : (ASSIGNED_NAME.exec(items[at] ?? '')?.[1] ?? shown)

export interface Imported {
  /** With ids that nobody has yet; not saved. */
  readonly profiles: readonly Profile[]
  /** One sentence for each that cannot be taken, and for each secret to be given again. */
  readonly problems: readonly string[]
}

/** Reads such a file: what can be taken and what cannot, each by name. */
export function readTransfer(
  text: string,
  isTaken: (id: string) => boolean
): Result<Imported, ContractError> {
  const file = parse(text)
  if (!file.ok) return file
  const { entries, leftOut } = file.value
  const profiles: Profile[] = []
  const problems: string[] = leftOut.map((name) => `${name} was left out of the file. Give it again.`)
  const given = new Set<string>()
  entries.forEach((entry, index) => {
    const parsed = profileFileSchema.safeParse(entry)
    if (!parsed.success) {
      problems.push(`${nameOf(entry, index)} was not taken: ${reasonOf(entry, parsed.error.issues[0])}.`)
      return
    }
    const id = freeSlug(parsed.data.id, (one) => isTaken(one) || given.has(one))
    given.add(id)
    profiles.push({ ...parsed.data, id })
  })
  return ok({ profiles, problems })
}

function parse(
  text: string
): Result<{ readonly entries: readonly unknown[]; readonly leftOut: readonly string[] }, ContractError> {
  const refuse = (message: string): { readonly ok: false; readonly error: ContractError } =>
    err({ code: 'bad-request', message })
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refuse(`This is no file of Firebreak's profiles: it is no JSON (${reason}).`)
  }
  if (member(file, 'firebreak') !== FORMAT) {
    return refuse(`This is no file of Firebreak's profiles. Choose one that was made with 'Export'.`)
  }
  const version = member(file, 'version')
  if (version !== TRANSFER_VERSION) {
    return refuse(
      `The file has version ${JSON.stringify(version) ?? 'none'}, this Firebreak knows version ${TRANSFER_VERSION}. ` +
        'Install a newer Firebreak, or export again with this one.'
    )
  }
  const entries = member(file, 'profiles')
  if (!Array.isArray(entries)) return refuse('The file holds no list of profiles.')
  if (entries.length > MOST_PROFILES) {
    return refuse(`The file holds ${entries.length} profiles; ${MOST_PROFILES} are the most.`)
  }
  const leftOut = member(file, 'leftOut')
  const names = Array.isArray(leftOut) ? leftOut.filter((name) => typeof name === 'string') : []
  return ok({ entries, leftOut: names.slice(0, MOST_PROFILES).map(shortName) })
}

/** In plain words: which kind it is decides what else it must have, so that a wrong one is the first to be told. */
function reasonOf(
  entry: unknown,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined
): string {
  if (typeof entry !== 'object' || entry === null || issue === undefined) return 'it is no profile'
  const kind = member(entry, 'kind')
  if (!(RUNNER_KINDS as readonly unknown[]).includes(kind)) {
    if (typeof kind !== 'string') return 'it does not say what runs it (kind)'
    return `this Firebreak knows no runner '${shortName(kind)}'. It knows ${RUNNER_KINDS.join(', ')}`
  }
  const where = issue.path.map(String).join('.')
  return where === ''
    ? `it is no profile (${issue.message})`
    : `its ${where} cannot be used (${issue.message})`
}

const nameOf = (entry: unknown, index: number): string => {
  const label = member(entry, 'label') ?? member(entry, 'id')
  const name = typeof label === 'string' ? shortName(label) : ''
  return name === '' ? `Profile ${index + 1}` : `${name} (profile ${index + 1})`
}

const shortName = (text: string): string => plainText(text).slice(0, MOST_NAME_CHARACTERS)

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
