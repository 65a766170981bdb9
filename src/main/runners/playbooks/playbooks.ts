import { basename } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { ModelSource, Playbook } from '../../../shared/model/playbook.ts'
import type { Profile } from '../../../shared/model/runner.ts'
import { bytesInWords } from '../../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { downloadedFile } from './downloaded.ts'
import { loadPlaybooks, type LoadedPlaybooks, type PlaybookProblem } from './load.ts'

/** Recipes that ship with Firebreak, read once. */
export interface Playbooks {
  /** With the path of their model where it is on this machine. */
  list(): Promise<readonly Playbook[]>
  /** The profile that a playbook becomes, ready to be started; null: there is no such playbook. */
  profileOf(id: string): Promise<Result<Profile, ContractError> | null>
  /** True for a profile that still names its model as its playbook does, 'owner/name/file', and not by its path. */
  lacksModel(profile: Profile): boolean
  /** Such a profile with the path of its model; any other as it is. */
  withModel(profile: Profile): Promise<Result<Profile, ContractError>>
  /** Files that could not be used, each with its reason. */
  problems(): readonly PlaybookProblem[]
}

/** A model of this machine, as lists show it. */
export interface ListedModel {
  readonly path: string
  readonly repository: string | null
  readonly isPartial: boolean
}

/** A model's file in the repository that it is fetched from. */
interface Wanted {
  readonly source: ModelSource
  readonly file: string
}

export function createPlaybooks(options: {
  readonly folder: string
  readonly homeDir: string
  readonly env: NodeJS.ProcessEnv
  /** Every model of this machine, for one that is not where it is usually put. */
  readonly findModels?: () => Promise<readonly ListedModel[]>
}): Playbooks {
  const { folder, homeDir, env } = options
  let loaded: LoadedPlaybooks | null = null
  const all = (): LoadedPlaybooks => (loaded ??= loadPlaybooks(folder))

  /** A GGUF's path is only known once it is here; the file says 'owner/name/file' instead. */
  const wantedBy = ({ kind, modelPath }: Profile): Wanted | null => {
    if (kind !== 'llamacpp' || modelPath.startsWith('/')) return null
    for (const { source } of all().playbooks) {
      if (source === null || !modelPath.startsWith(`${source.repository}/`)) continue
      return { source, file: modelPath.slice(source.repository.length + 1) }
    }
    return null
  }
  const pathOf = async ({ source, file }: Wanted): Promise<string | null> => {
    const usual = await downloadedFile(source, file, env, homeDir)
    if (usual !== null) return usual
    const models = (await options.findModels?.()) ?? []
    const same = models.find(
      ({ path, repository, isPartial }) =>
        repository === source.repository && !isPartial && basename(path) === basename(file)
    )
    return same?.path ?? null
  }
  const withModel = async (profile: Profile): Promise<Result<Profile, ContractError>> => {
    const wanted = wantedBy(profile)
    if (wanted === null) return ok(profile)
    const modelPath = await pathOf(wanted)
    return modelPath === null
      ? err(notDownloaded(profile.label, wanted.source))
      : ok({ ...profile, modelPath })
  }

  return {
    list: () =>
      Promise.all(
        all().playbooks.map(async (playbook) => {
          const found = await withModel(playbook.profile)
          return found.ok ? { ...playbook, profile: found.value } : playbook
        })
      ),
    async profileOf(id) {
      const playbook = all().playbooks.find((one) => one.id === id)
      return playbook === undefined ? null : withModel(playbook.profile)
    },
    lacksModel: (profile) => wantedBy(profile) !== null,
    withModel,
    problems: () => all().problems
  }
}

const notDownloaded = (label: string, { repository, sizeBytes }: ModelSource): ContractError => ({
  code: 'model-missing',
  message:
    `${label} needs the model ${repository} (${bytesInWords(sizeBytes)}), which is not on this machine. ` +
    'Download it first.'
})
