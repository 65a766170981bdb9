import type { FieldProfile, Profile, RunnerKind } from '../../../../shared/model/runner.ts'
import { flagSetting } from '../../../../shared/model/specs/index.ts'

/** What differs between programs that run anyway and hold models. */
export interface ServiceFacts {
  readonly name: string
  /** The kernel's name of its main process. */
  readonly processNames: readonly string[]
  /** Every child process of it holds one model and nothing else. */
  readonly childrenAreModels: boolean
  /** How a person starts it. */
  readonly howToStart: string
  /** How a person gets a model that it does not have. */
  howToGet(model: string): string
  /** Whether a name in its list means the model that a profile names. */
  isSame(listed: string, wanted: string): boolean
  /** Arguments after its program that start it, and its environment. */
  serve(port: number): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
}

const OLLAMA: ServiceFacts = {
  name: 'Ollama',
  processNames: ['ollama'],
  childrenAreModels: true,
  howToStart: "Start it: 'sudo systemctl start ollama' where it is a system service, else 'ollama serve'.",
  howToGet: (model) => `Get it first: ollama pull ${model}`,
  // A name without a tag means the tag 'latest'.
  isSame: (listed, wanted) => listed === wanted || listed === `${wanted}:latest`,
  serve: (port) => ({ args: ['serve'], env: { OLLAMA_HOST: `127.0.0.1:${port}` } })
}

const LMSTUDIO: ServiceFacts = {
  name: 'LM Studio',
  processNames: ['llmster', 'lm-studio', 'LM Studio'],
  childrenAreModels: false,
  howToStart: "Start its server: 'lms server start', or in the app under Developer.",
  howToGet: (model) => `Get it first: lms get ${model}`,
  // A second copy of a loaded model is called 'name:2'.
  isSame: (listed, wanted) =>
    listed === wanted || (listed.startsWith(`${wanted}:`) && /^\d+$/.test(listed.slice(wanted.length + 1))),
  serve: (port) => ({ args: ['server', 'start', '--port', String(port)], env: {} })
}

const SERVICES: Partial<Readonly<Record<RunnerKind, ServiceFacts>>> = { ollama: OLLAMA, lmstudio: LMSTUDIO }

/** Throws for a kind that is no service: a mistake of the caller. */
export function serviceFacts(kind: RunnerKind): ServiceFacts {
  const facts = SERVICES[kind]
  if (facts === undefined) throw new Error(`${kind} is no service with models in it`)
  return facts
}

/** Whether its profile allows the service itself to be started. */
export const mayStartService = (profile: Profile): boolean =>
  profile.kind !== 'llamacpp' && flagSetting(profile satisfies FieldProfile, 'startService')
