import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Playbook } from '../../../shared/model/playbook.ts'
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
  /** Files that could not be used, each with its reason. */
  problems(): readonly PlaybookProblem[]
}

export function createPlaybooks(options: {
  readonly folder: string
  readonly homeDir: string
  readonly env: NodeJS.ProcessEnv
}): Playbooks {
  const { folder, homeDir, env } = options
  let loaded: LoadedPlaybooks | null = null
  const all = (): LoadedPlaybooks => (loaded ??= loadPlaybooks(folder))

  /** A GGUF's path is only known once it is here; the file says 'owner/name/file' instead. */
  const found = async (playbook: Playbook): Promise<Playbook | null> => {
    const file = fileInRepository(playbook)
    if (file === null || playbook.source === null) return playbook
    const path = await downloadedFile(playbook.source, file, env, homeDir)
    return path === null ? null : { ...playbook, profile: { ...playbook.profile, modelPath: path } }
  }

  return {
    list: () => Promise.all(all().playbooks.map(async (playbook) => (await found(playbook)) ?? playbook)),
    async profileOf(id) {
      const playbook = all().playbooks.find((one) => one.id === id)
      if (playbook === undefined) return null
      const ready = await found(playbook)
      return ready === null ? err(notDownloaded(playbook)) : ok(ready.profile)
    },
    problems: () => all().problems
  }
}

/** The file of its source that a playbook's profile loads; null where the profile names no file. */
function fileInRepository({ profile, source }: Playbook): string | null {
  const start = source === null ? null : `${source.repository}/`
  return start !== null && profile.modelPath.startsWith(start) ? profile.modelPath.slice(start.length) : null
}

function notDownloaded({ title, source }: Playbook): ContractError {
  const size = source === null ? '' : ` (${bytesInWords(source.sizeBytes)})`
  const message = `${title} needs the model ${source?.repository}${size}, which is not on this machine. Download it first.`
  return { code: 'model-missing', message }
}
