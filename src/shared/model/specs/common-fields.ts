import type { FieldSpec } from '../runner-spec.ts'

/** Every kind that listens has it. */
export const PORT_FIELD: FieldSpec = {
  key: 'port',
  type: 'int',
  label: 'Port',
  help: 'Where it listens; 0 takes the first free port from its usual one.',
  default: 0,
  min: 0,
  max: 65_535,
  advanced: true
}

/** Its own options, as they are. */
export const EXTRA_ARGS_FIELD: FieldSpec = {
  key: 'extraArgs',
  type: 'list',
  label: 'More arguments',
  help: 'Appended as they are, one argument a line.',
  default: [],
  advanced: true
}

/** Where a program of this machine is run, which one. */
export const BINARY_FIELD: FieldSpec = {
  key: 'binary',
  type: 'text',
  label: 'Program',
  help: 'Path of the program; empty searches PATH and the usual folders.',
  default: '',
  placeholder: 'found by itself',
  advanced: true
}
