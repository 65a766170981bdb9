import type { FieldSpec } from '../runner-spec.ts'

type IntField = Extract<FieldSpec, { type: 'int' }>
type ChoiceField = Extract<FieldSpec, { type: 'choice' }>

/** Fields that servers of Hugging Face models have in common; where their options differ by name, the key is given. */
export const SERVED_NAME_FIELD: FieldSpec = {
  key: 'servedModelName',
  type: 'text',
  label: 'Name for clients',
  help: 'What programs that use it call the model; empty takes the name of the model.',
  default: '',
  advanced: true
}

export const REMOTE_CODE_FIELD: FieldSpec = {
  key: 'trustRemoteCode',
  type: 'flag',
  label: "Run the model's own code",
  help: 'Some models bring a program that then runs as you: only for models that you trust.',
  default: false,
  advanced: true
}

export const VARIABLES_FIELD: FieldSpec = {
  key: 'env',
  type: 'list',
  label: 'Environment',
  help: 'NAME=value, one a line; most of your own environment is not passed on.',
  default: [],
  advanced: true
}

export const contextField = (key: string): IntField => ({
  key,
  type: 'int',
  label: 'Context',
  help: 'Longest prompt and answer together; 0 takes what the model allows.',
  default: 0,
  min: 0,
  max: 4_194_304,
  unit: 'tokens',
  advanced: false
})

/** Where a server's own choice is meant for much more memory, its field says so. */
export const REQUESTS_OF_BIG_SERVERS =
  'Further requests wait; 0 takes its own choice, which is meant for servers with much more memory.'

export const requestsField = (key: string): IntField => ({
  key,
  type: 'int',
  label: 'Requests at once',
  help: 'Further requests wait; 0 takes its own choice.',
  default: 0,
  min: 0,
  max: 4096,
  advanced: false
})

export const stepTokensField = (key: string): IntField => ({
  key,
  type: 'int',
  label: 'Tokens in one step',
  help: 'A smaller figure takes less memory while prompts are read; 0 takes its own choice.',
  default: 0,
  min: 0,
  max: 1_048_576,
  unit: 'tokens',
  advanced: true
})

/** `fp8`: the kinds of FP8 that this server offers. */
export const cachePrecisionField = (fp8: ChoiceField['options']): ChoiceField => ({
  key: 'kvCacheDtype',
  type: 'choice',
  label: 'Cache precision',
  help: 'FP8 holds twice as many tokens in the same memory, a little less exactly.',
  default: 'auto',
  options: [{ value: 'auto', label: "The model's own" }, ...fp8],
  advanced: false
})

export const withoutGraphsField = (key: string): FieldSpec => ({
  key,
  type: 'flag',
  label: 'Without CUDA graphs',
  help: 'Starts sooner and takes a little less memory, but makes tokens more slowly.',
  default: false,
  advanced: true
})
