import type { ContractError } from '../../shared/contract/errors.ts'
import type { CommandInput } from '../../shared/contract/commands.ts'
import type { FieldSpec } from '../../shared/model/runner-spec.ts'
import type { RunnerKind } from '../../shared/model/runner.ts'
import { RUNNER_SPECS, settingProblem } from '../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { OptionSpec, Values } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import { MAX_PORT, wholeNumber } from '../numbers.ts'

/** Bounds of the contract (llama.cpp's own are wider). */
const MAX_CONTEXT_TOKENS = 16_777_216
const MAX_SLOTS = 256

/** What the runners call the same thing. */
export const CONTEXT_KEYS: readonly string[] = ['contextTokens', 'maxModelLen', 'contextLength', 'maxSeqLen']
export const SLOT_KEYS: readonly string[] = [
  'parallelSlots',
  'maxNumSeqs',
  'maxRunningRequests',
  'maxBatchSize'
]
const LLAMACPP_KEYS = ['contextTokens', 'port', 'parallelSlots', 'extraArgs'] as const
const LLAMACPP_NUMBERS = [
  'contextTokens',
  'port',
  'gpuLayers',
  'parallelSlots',
  'promptCacheMiB',
  'contextCheckpoints'
]

export const SETTING_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ctx: { type: 'string', value: 'N', about: 'context in tokens; 0 = as trained' },
  port: { type: 'string', value: 'N', about: 'port on 127.0.0.1; 0 = first free one' },
  slots: { type: 'string', value: 'N', about: 'requests served at once' },
  arg: {
    type: 'string',
    value: 'X',
    multiple: true,
    about: 'passed to the runner as it is; with a dash: --arg=-X'
  },
  set: {
    type: 'string',
    value: 'KEY=VALUE',
    multiple: true,
    about: "any other setting of the runner, as 'profiles --json' names it"
  }
}

type Settings = NonNullable<CommandInput<'runners.start'>['settings']>
type SettingValue = Settings[string]

/** What of the options needs to know the kind of runner. */
export interface Asked {
  readonly contextTokens: number | undefined
  readonly port: number | undefined
  readonly slots: number | undefined
  readonly extraArgs: readonly string[]
  readonly others: readonly (readonly [key: string, text: string])[]
}

export function readAsked(values: Values): Result<Asked, ContractError> {
  const contextTokens = wholeNumber(values, 'ctx', 0, MAX_CONTEXT_TOKENS)
  if (!contextTokens.ok) return contextTokens
  const port = wholeNumber(values, 'port', 0, MAX_PORT)
  if (!port.ok) return port
  const slots = wholeNumber(values, 'slots', 1, MAX_SLOTS)
  if (!slots.ok) return slots
  const others: (readonly [string, string])[] = []
  for (const text of values.list('set')) {
    const at = text.indexOf('=')
    if (at <= 0) return err(usage(`--set takes KEY=VALUE, not '${text}'`))
    others.push([text.slice(0, at), text.slice(at + 1)])
  }
  return ok({
    contextTokens: contextTokens.value,
    port: port.value,
    slots: slots.value,
    extraArgs: values.list('arg'),
    others
  })
}

/** True where the options mean the same to every runner, so that its kind need not be known. */
export const isPlain = ({ contextTokens, slots, extraArgs, others }: Asked): boolean =>
  contextTokens === undefined && slots === undefined && extraArgs.length === 0 && others.length === 0

/** The settings of one kind that the options ask for; fails where it has none of that sort. */
export function settingsFor(
  kind: RunnerKind,
  { contextTokens, port, slots, extraArgs, others }: Asked
): Result<Settings, ContractError> {
  const fields = RUNNER_SPECS[kind].fields
  const keys: readonly string[] =
    kind === 'llamacpp' ? [...LLAMACPP_KEYS, ...LLAMACPP_NUMBERS, 'binary'] : fields.map(({ key }) => key)
  const settings: Settings = {}
  const named = [
    ['--ctx', CONTEXT_KEYS, contextTokens],
    ['--port', ['port'], port],
    ['--slots', SLOT_KEYS, slots],
    ['--arg', ['extraArgs'], extraArgs.length === 0 ? undefined : [...extraArgs]]
  ] as const
  for (const [option, candidates, value] of named) {
    if (value === undefined) continue
    const key = candidates.find((one) => keys.includes(one))
    if (key === undefined) return err(usage(`${RUNNER_SPECS[kind].name} has no ${option}`))
    settings[key] = value
  }
  for (const [key, text] of others) {
    if (!keys.includes(key)) {
      const hint = didYouMean(key, keys)
      const known = `Known: ${[...new Set(keys)].join(', ')}.`
      return err(usage(`${RUNNER_SPECS[kind].name} has no setting '${key}'.${hint} ${known}`))
    }
    const value = parseValue(
      fields.find((field) => field.key === key),
      LLAMACPP_NUMBERS.includes(key),
      text
    )
    const problem = kind === 'llamacpp' ? numberProblem(key, value) : settingProblem(kind, key, value)
    if (problem !== null) return err(usage(problem))
    settings[key] = value
  }
  return ok(settings)
}

function parseValue(field: FieldSpec | undefined, isNumber: boolean, text: string): SettingValue {
  if (isNumber || field?.type === 'int' || field?.type === 'number') return Number(text)
  if (field?.type === 'flag') return text === 'true' || text === 'false' ? text === 'true' : text
  return field?.type === 'list' ? text.split('\n') : text
}

const numberProblem = (key: string, value: SettingValue): string | null =>
  Number.isNaN(value) ? `${key} takes a whole number` : null

const usage = (message: string): ContractError => ({ code: 'bad-request', message })
