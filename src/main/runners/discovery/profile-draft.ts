import { isAbsolute, join, resolve } from 'node:path'
import type { FieldSpec } from '../../../shared/model/runner-spec.ts'
import type {
  ContainerSettings,
  FieldProfile,
  FoundRunner,
  LlamaCppSettings,
  RunnerKind,
  SettingValue
} from '../../../shared/model/runner.ts'
import { RUNNER_SPECS, settingProblem } from '../../../shared/model/specs/index.ts'
import { defaultLlamaCppSettings } from '../../../shared/settings/llamacpp-defaults.ts'
import type { ProfileDraft } from '../supervisor/types.ts'

/** What a profile is made of when a runner is taken over. */
export interface DraftInput {
  readonly found: Pick<FoundRunner, 'kind' | 'label' | 'model' | 'port'>
  /** As the process has it. */
  readonly commandLine: readonly string[]
  /** Of the process, for its relative paths; null where it may not be read. */
  readonly workingDir: string | null
  /** The executable; null where it may not be read. */
  readonly program: string | null
  /** Null: a program of this machine. */
  readonly container: ContainerSettings | null
  /** systemd starts it again after a crash, so Firebreak must not. */
  readonly restartsByItself: boolean
}

/** Addresses that only this machine reaches. */
const LOOPBACK = /^(?:localhost|127\.|::1$|\[::1\]$)/
/** llama.cpp takes every layer where the number is as high as any model's. */
const ALL_LAYERS = 99
const MIB_LIMIT = 1_048_576

/** Whole numbers of llama-server's options; what is out of the contract's bounds stays as it was written. */
const LLAMACPP_NUMBERS: ReadonlyMap<string, readonly [keyof LlamaCppSettings, number, number]> = new Map([
  ...both(['-c', '--ctx-size'], 'contextTokens', 0, 16_777_216),
  ...both(['-np', '--parallel'], 'parallelSlots', 1, 256),
  ...both(['-cram', '--cache-ram'], 'promptCacheMiB', 0, MIB_LIMIT),
  ...both(['--ctx-checkpoints', '--swa-checkpoints', '-ctxcp'], 'contextCheckpoints', 0, 1024),
  ...both(['-ngl', '--gpu-layers', '--n-gpu-layers'], 'gpuLayers', 0, 10_000)
])

function both(
  options: readonly string[],
  key: keyof LlamaCppSettings,
  low: number,
  high: number
): readonly (readonly [string, readonly [keyof LlamaCppSettings, number, number]])[] {
  return options.map((option) => [option, [key, low, high]] as const)
}

/** A profile that starts the same again, as far as a command line tells it. */
export function draftOf(input: DraftInput): ProfileDraft {
  const { found, commandLine } = input
  const args = itemsOf(commandLine.slice(1))
  const common = {
    label: found.label,
    restartOnCrash: !input.restartsByItself,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    // Inside a container all addresses are its own.
    lan:
      input.container === null &&
      args.some(({ name, value }) => name === '--host' && value !== null && !LOOPBACK.test(value)),
    container: input.container
  } as const
  const model = found.model ?? ''
  const modelPath = isFile(model) ? pathHere(input, model) : model
  if (found.kind === 'llamacpp') {
    const settings = llamaCppSettings(input, args)
    // A router has a folder of models, or only the llama.cpp cache.
    return { ...common, kind: 'llamacpp', modelPath: modelPath || found.label, settings }
  }
  const { kind } = found
  if (kind === 'custom') return { ...common, kind, modelPath: '', settings: { command: [...commandLine] } }
  return { ...common, kind, modelPath, settings: fieldSettings({ ...input, kind }, args, model) }
}

/** Where a file of the process lies on this machine: from its own folder, or through a mount of its container. */
function pathHere({ container, workingDir }: DraftInput, path: string): string {
  if (container === null) return workingDir === null ? path : resolve(workingDir, path)
  const mount = container.mounts.find(({ containerPath }) => path.startsWith(`${containerPath}/`))
  return mount === undefined ? path : join(mount.hostPath, path.slice(mount.containerPath.length))
}

/** One option of a command line with its value, or one plain word. */
interface Item {
  readonly name: string
  /** Null: none follows, or the next is an option itself. */
  readonly value: string | null
  /** As it was written. */
  readonly words: readonly string[]
}

/** '-c 8192', '--port=80', '--metrics', 'serve'; a negative number is a value. */
function itemsOf(args: readonly string[]): readonly Item[] {
  const items: Item[] = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    const equals = word.indexOf('=')
    const next = args[at + 1]
    if (!word.startsWith('-')) items.push({ name: word, value: null, words: [word] })
    else if (word.startsWith('--') && equals > 0) {
      items.push({ name: word.slice(0, equals), value: word.slice(equals + 1), words: [word] })
    } else if (next !== undefined && (!next.startsWith('-') || /^-\d/.test(next))) {
      items.push({ name: word, value: next, words: [word, next] })
      at++
    } else items.push({ name: word, value: null, words: [word] })
  }
  return items
}

/** Options of llama-server that the profile says itself, or that Firebreak sets at every launch. */
const LLAMACPP_OWN = new Set([
  '-m',
  '--model',
  '--models-dir',
  '--port',
  '--host',
  '--metrics',
  '-hf',
  '-hfr',
  '--hf-repo',
  '-hff',
  '--hf-file',
  '-mu',
  '--model-url'
])
/** Options without a value: what follows them is a word of its own. */
const LLAMACPP_FLAGS = new Set(['--metrics'])

function llamaCppSettings(input: DraftInput, args: readonly Item[]): LlamaCppSettings {
  const defaults = defaultLlamaCppSettings()
  const numbers: Partial<Record<keyof LlamaCppSettings, number>> = {}
  const extraArgs: string[] = []
  for (const { name, value, words } of args) {
    if (LLAMACPP_OWN.has(name)) {
      if (LLAMACPP_FLAGS.has(name)) extraArgs.push(...words.slice(1))
      continue
    }
    const [key, low, high] = LLAMACPP_NUMBERS.get(name) ?? []
    const number = key === undefined ? null : wholeNumber(key, value)
    if (key !== undefined && low !== undefined && high !== undefined && number !== null) {
      if (number === -1 || (number >= low && number <= high)) {
        numbers[key] = number
        continue
      }
    }
    extraArgs.push(...words)
  }
  // The executable of a container is found again by the path that started it there.
  const program = input.container === null ? input.program : (input.commandLine[0] ?? null)
  return {
    ...defaults,
    // What it was not told it runs with is llama.cpp's own choice, which a launch from here would change.
    contextTokens: 0,
    port: portWritten(args) ?? defaults.port,
    ...numbers,
    binary: program !== null && isAbsolute(program) ? program : '',
    extraArgs: extraArgs.slice(0, 256)
  }
}

function wholeNumber(key: keyof LlamaCppSettings, text: string | null): number | null {
  if (key === 'gpuLayers' && (text === 'all' || text === 'auto')) return -1
  if (text === null || !/^-?\d+$/.test(text)) return null
  const number = Number(text)
  if (key === 'gpuLayers') return number < 0 || number >= ALL_LAYERS ? -1 : number
  // -1 means 'no limit' to the prompt cache, which no setting says.
  return number < 0 ? null : number
}

/** Fixed only where the user fixed it: else a restart takes the first free one. */
function portWritten(args: readonly Item[]): number | null {
  const text = args.findLast(({ name }) => name === '--port')?.value ?? null
  const port = text === null ? Number.NaN : Number(text)
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null
}

/**
 * Settings of a kind that is described by fields: an option goes to the field of its name ('--max-model-len' to
 * maxModelLen), everything else to the extra arguments, where the kind has them.
 */
function fieldSettings(
  input: DraftInput & { readonly kind: FieldProfile['kind'] },
  args: readonly Item[],
  model: string
): FieldProfile['settings'] {
  const { kind, found, workingDir } = input
  const fields = new Map(RUNNER_SPECS[kind].fields.map((field) => [optionOf(field.key), field]))
  const settings: Record<string, SettingValue> = {}
  const extraArgs: string[] = []
  const program = programOf(input.commandLine)
  for (const { name, value, words } of args.slice(program.skip)) {
    const field = fields.get(name)
    const parsed = field === undefined ? null : parseField(kind, field, value)
    if (field !== undefined && parsed !== null) settings[field.key] = parsed
    else if (!SERVED_BY_ADAPTER.has(name) && !words.includes(model)) extraArgs.push(...words)
  }
  const has = (key: string): boolean => RUNNER_SPECS[kind].fields.some((field) => field.key === key)
  if (has('port') && found.port !== null && portWritten(args) !== null) settings['port'] = found.port
  if (has('extraArgs') && extraArgs.length > 0) settings['extraArgs'] = extraArgs.slice(0, 256)
  const isScript = has('script') && program.path.endsWith('.py')
  if (isScript) settings['script'] = program.path
  if (has('folder') && workingDir !== null) settings['folder'] = workingDir
  if (has('binary') && input.container === null && !isScript && program.path.includes('/')) {
    settings['binary'] = workingDir === null ? program.path : resolve(workingDir, program.path)
  }
  return settings
}

/** What every adapter writes by itself. */
const SERVED_BY_ADAPTER = new Set([
  '--host',
  '--port',
  '--listen',
  '--ip',
  '--model',
  '--model-path',
  'serve',
  'start',
  'server'
])

/** '/x/bin/python3 /x/bin/vllm serve' is vllm; '-m vllm.entrypoints…' and a script are not found again by a path. */
function programOf(commandLine: readonly string[]): { readonly path: string; readonly skip: number } {
  const [first = '', second = ''] = commandLine
  const isInterpreter = /(?:^|\/)(?:python[\d.]*|node)$/.test(first)
  if (!isInterpreter) return { path: first, skip: 0 }
  return second.startsWith('-') ? { path: '', skip: 1 } : { path: second, skip: 1 }
}

const optionOf = (key: string): string =>
  `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

function parseField(kind: RunnerKind, field: FieldSpec, text: string | null): SettingValue | null {
  const value =
    field.type === 'flag'
      ? text === null
        ? true
        : null
      : text === null
        ? null
        : field.type === 'int' || field.type === 'number'
          ? Number(text)
          : field.type === 'list'
            ? null
            : text
  return value !== null && settingProblem(kind, field.key, value) === null ? value : null
}

const isFile = (model: string): boolean => /^\.{0,2}\//.test(model) || /\.gguf$/i.test(model)
