import type { ContractError } from '../../shared/contract/errors.ts'
import { readOptions } from '../../shared/domain/estimator/llamacpp/arguments.ts'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { Profile, RunnerKind } from '../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../shared/model/specs/index.ts'
import { err, type Result } from '../../shared/util/result.ts'
import type { ModelFactsReader, ModelProblem } from '../models/model-facts.ts'
import { createFewReads } from './few-reads.ts'
import { within } from './within.ts'

/** Headers are read in well under a second; a drive that takes longer than this does not answer. */
export const FACTS_MS = 2_500

/** Of Node's four threads for files: a drive that is gone leaves the others to everybody else. */
const MOST_READS = 2

type Facts = Result<ModelFacts, ContractError>

/** Facts of models, each asked for once at a time: a drive that hangs holds few threads, not all of them. */
export interface FactsPort {
  of(path: string, kind: RunnerKind): Promise<Facts>
}

export function createFacts(options: {
  readonly reader: ModelFactsReader
  readonly env: NodeJS.ProcessEnv
  readonly homeDir: string
  readonly timeoutMs?: number
}): FactsPort {
  const { reader, env, homeDir, timeoutMs = FACTS_MS } = options
  const reads = createFewReads<Facts>({ most: MOST_READS, hangsAfterMs: timeoutMs })
  return {
    async of(path, kind) {
      const read = reads.of(`${kind}\n${path}`, async () => {
        const facts = await reader.read(path, { kind, env, homeDir })
        return facts.ok ? facts : err(contractErrorOf(facts.error))
      })
      return (await within(read, timeoutMs, () => null)) ?? err(noAnswer(path, timeoutMs))
    }
  }
}

/** A folder of several is nothing wrong: some runners serve all that is in it. */
const CODES: Partial<Readonly<Record<ModelProblem['kind'], ContractError['code']>>> = {
  missing: 'model-missing',
  several: 'not-found',
  'no-model': 'not-found'
}

const contractErrorOf = ({ kind, message }: ModelProblem): ContractError => ({
  code: CODES[kind] ?? 'model-invalid',
  message
})

const noAnswer = (path: string, timeoutMs: number): ContractError => ({
  code: 'timeout',
  message:
    `${path} could not be read within ${timeoutMs / 1000} s. Is it on a network drive that is gone? ` +
    'Mount it again, or choose another file.'
})

/** Kinds whose model is described by files; of others there is nothing to read. */
export const hasModelFiles = ({ kind, modelPath }: Pick<Profile, 'kind' | 'modelPath'>): boolean =>
  modelPath !== '' && RUNNER_SPECS[kind].model.form !== 'none'

/** The draft model that a profile's own arguments name; null: none. */
export function draftOf(profile: Profile): string | null {
  return profile.kind === 'llamacpp' ? (readOptions(profile.settings.extraArgs).get('draft') ?? null) : null
}
