import type { FieldSpec } from '../runner-spec.ts'

/** Fields that servers of Hugging Face models have in common. */
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
