import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { openAlone } from '../../main/estimates/standalone.ts'
import { placesFromEnv } from '../../main/platform/places.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { EstimateMachine, EstimateView } from '../../shared/model/estimate.ts'
import { RUNNER_KINDS, type Profile, type RunnerKind } from '../../shared/model/runner.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Command, Context, Core, Outcome } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import { EXIT } from '../exit-codes.ts'
import { columns, formatBytes, printable } from '../format.ts'
import { wholeNumber } from '../numbers.ts'
import { readAsked, settingsFor, SETTING_OPTIONS, type Asked } from './start-settings.ts'
import { waysInWords } from './ways.ts'

const MAX_UBATCH = 65_536
const MAX_SLOTS = 256
const CACHE_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl']
const DEVICES = ['cpu', 'cuda'] as const
type Device = (typeof DEVICES)[number]

export const estimate: Command = {
  name: 'estimate',
  about: 'what a model or profile will take, part by part, and whether it fits now',
  positionals: [{ name: 'FILE|PROFILE', about: "a model: a file, a folder, a name; or an id of 'profiles'" }],
  options: {
    runner: { type: 'string', value: 'KIND', about: `what is to run it: ${RUNNER_KINDS.join(', ')}` },
    ...SETTING_OPTIONS,
    parallel: { type: 'string', value: 'N', about: 'the same as --slots' },
    ubatch: { type: 'string', value: 'N', about: 'tokens of one step (llama.cpp)' },
    'cache-type-k': {
      type: 'string',
      value: 'T',
      about: `keys of the cache (llama.cpp): ${CACHE_TYPES.join(', ')}`
    },
    'cache-type-v': { type: 'string', value: 'T', about: 'values of the cache (llama.cpp)' },
    device: {
      type: 'string',
      value: 'cpu|cuda',
      about: 'as if it ran there; without it as this machine would'
    }
  },
  example: 'firebreakctl estimate ~/models/qwen3-8b-q4_k_m.gguf --ctx 32768 --cache-type-k q8_0',
  async run(context) {
    const wish = readWish(context)
    if (!wish.ok) return wish
    const core = await context.connect()
    const view = await viewOf(context, wish.value, core.ok ? core.value : null)
    return view.ok ? describe(view.value, context.json) : view
  }
}

interface Wish {
  readonly target: string
  readonly kind: RunnerKind | undefined
  readonly asked: Asked
  /** Arguments of llama.cpp's. */
  readonly more: readonly string[]
  readonly device: Device | null
}

function readWish({ values, positionals, workingDir }: Context): Result<Wish, ContractError> {
  const kind = values.text('runner')
  if (kind !== undefined && !(RUNNER_KINDS as readonly string[]).includes(kind)) {
    return err(usage(`there is no runner '${kind}'.${didYouMean(kind, RUNNER_KINDS)}`))
  }
  const device = values.text('device') ?? null
  if (device !== null && !(DEVICES as readonly string[]).includes(device)) {
    return err(usage(`--device takes ${DEVICES.join(' or ')}, not '${device}'`))
  }
  const asked = readAsked(values)
  if (!asked.ok) return asked
  const parallel = wholeNumber(values, 'parallel', 1, MAX_SLOTS)
  if (!parallel.ok) return parallel
  if (parallel.value !== undefined && asked.value.slots !== undefined) {
    return err(usage('--parallel and --slots are the same; give one of them'))
  }
  const ubatch = wholeNumber(values, 'ubatch', 1, MAX_UBATCH)
  if (!ubatch.ok) return ubatch
  const more = ubatch.value === undefined ? [] : ['-ub', String(ubatch.value)]
  for (const [name, option] of [
    ['cache-type-k', '-ctk'],
    ['cache-type-v', '-ctv']
  ] as const) {
    const type = values.text(name)
    if (type === undefined) continue
    if (!CACHE_TYPES.includes(type)) {
      return err(usage(`--${name} takes ${CACHE_TYPES.join(', ')}, not '${type}'`))
    }
    more.push(option, type)
  }
  const given = positionals[0] ?? ''
  return ok({
    target: isPath(given, kind, workingDir) ? resolve(workingDir, given) : given,
    kind: kind as RunnerKind | undefined,
    asked: { ...asked.value, slots: parallel.value ?? asked.value.slots },
    more,
    device: device as Device | null
  })
}

/** A profile's id has no slash; runners but llama.cpp also take 'owner/name', which is a path where one is there. */
function isPath(given: string, kind: string | undefined, workingDir: string): boolean {
  if (given.startsWith('~/')) return false
  const isThere = existsSync(resolve(workingDir, given))
  if (!given.includes('/')) return /\.(?:gguf|safetensors)$/i.test(given) && isThere
  return kind === undefined || kind === 'llamacpp' || /^\.{0,2}\//.test(given) || isThere
}

/** Of the core, where one runs; with a device that is not this machine's, and without a core, from here. */
async function viewOf(
  context: Context,
  wish: Wish,
  core: Core | null
): Promise<Result<EstimateView, ContractError>> {
  const { target, device } = wish
  const profiles = core === null ? null : await core.client.call('profiles.list', {})
  if (profiles?.ok === false) return profiles
  const known = profiles === null ? null : (profiles.value as readonly Profile[])
  const status = core === null || device === null ? null : await core.client.call('status.get', {})
  if (status?.ok === false) return status
  const { configDir, dataDir, procRoot, homeDir } = placesFromEnv(context.env, import.meta.dirname)
  const alone = await openAlone({
    places: { configDir, dataDir, procRoot, homeDir },
    env: context.env,
    logger: { info: () => undefined, warn: context.note, error: (message) => context.note(message) },
    profiles: known,
    allocatableBytes: status === null ? null : status.value.admission.allocatableBytes,
    topology: device === null ? null : topologyOf(device)
  })
  if (!alone.ok) return alone
  const { estimates, profileOf } = alone.value
  try {
    // Asked without settings first: which settings there are depends on what runs it.
    const bare = await profileOf(target, undefined, wish.kind)
    const playbooks = bare.ok || core === null ? null : await core.client.call('playbooks.list', {})
    const playbook = playbooks?.ok === true ? playbooks.value.find(({ id }) => id === target) : undefined
    const kind = bare.ok ? bare.value.kind : (wish.kind ?? playbook?.kind ?? 'llamacpp')
    const settings = settingsOf(kind, wish, bare.ok ? bare.value : null)
    if (!settings.ok) return settings
    if (core !== null && device === null) {
      return (await core.client.call('estimate.get', {
        target,
        ...(wish.kind === undefined ? {} : { kind: wish.kind }),
        settings: settings.value
      })) as Result<EstimateView, ContractError>
    }
    const profile = await profileOf(target, settings.value, wish.kind)
    return profile.ok ? await estimates.view(profile.value) : profile
  } finally {
    estimates.dispose()
  }
}

type Settings = Extract<ReturnType<typeof settingsFor>, { ok: true }>['value']

/** The options as settings of this kind; arguments are added to the profile's own. */
function settingsOf(
  kind: RunnerKind,
  { asked, more, device }: Wish,
  profile: Profile | null
): Result<Settings, ContractError> {
  const extra = [...more, ...(device === 'cpu' && kind === 'llamacpp' ? ['-dev', 'none'] : [])]
  if (more.length > 0 && kind !== 'llamacpp') {
    return err(usage('--ubatch and --cache-type-k/-v are options of llama.cpp'))
  }
  const settings = settingsFor(kind, asked)
  if (!settings.ok || extra.length === 0) return settings
  const own = profile?.kind === 'llamacpp' ? profile.settings.extraArgs : []
  const base = asked.extraArgs.length > 0 ? asked.extraArgs : own
  return ok({ ...settings.value, extraArgs: [...base, ...extra] })
}

const topologyOf = (device: Device): EstimateMachine['topology'] => (device === 'cpu' ? 'none' : 'unified')

/** The shape that scripts rely on, and more. */
function documentOf(view: EstimateView): Readonly<Record<string, unknown>> {
  const { estimate, formula, measured, verdict, sentence, allocatableBytes, options } = view
  const { parts, total, growthBytes, source, confidence, notes } = estimate
  return {
    parts,
    total: { low: total.lowBytes, expected: total.expectedBytes, peak: total.peakBytes },
    verdict,
    allocatableBytes,
    options,
    sentence,
    source,
    confidence,
    notes,
    growthBytes,
    formula,
    measured,
    ceilingTokensPerS: view.ceilingTokensPerS
  }
}

/** People read the sentence at the head of the text; a document is not for reading. */
function describe(view: EstimateView, json: boolean): Outcome {
  return ok({
    document: documentOf(view),
    text: textOf(view),
    ...(view.verdict === 'does-not-fit' ? { exit: EXIT.refused } : {}),
    ...(view.verdict === 'does-not-fit' && json ? { note: printable(view.sentence) } : {})
  })
}

function textOf({ estimate, measured, sentence, options, ceilingTokensPerS }: EstimateView): string {
  const { parts, total, source, notes } = estimate
  const rows = [
    ['', 'expected', 'at most', ''],
    ...parts
      .filter(({ peakBytes }) => peakBytes > 0)
      .map(({ label, expectedBytes, peakBytes, why }) => [
        printable(label),
        formatBytes(expectedBytes),
        formatBytes(peakBytes),
        printable(why)
      ]),
    ['together', known(total.expectedBytes), known(total.peakBytes), SOURCES[source]]
  ]
  const said = [...notes]
  if (measured !== null) {
    const off = `${measured.errorPct < 0 ? '−' : '+'}${Math.abs(measured.errorPct).toFixed(1)} %`
    said.push(
      `Measured here: ${formatBytes(measured.restingBytes)} at rest, ${formatBytes(measured.peakBytes)} at its peak; ` +
        `the formula is off by ${off}.`
    )
  }
  if (ceilingTokensPerS !== null) {
    said.push(`At most ${ceilingTokensPerS.toFixed(0)} tokens/s: the memory is not faster.`)
  }
  // Where nothing is known of it, the sentence has said so.
  const sections = [printable(sentence), ...(total.peakBytes > 0 ? [columns(rows, [1, 2])] : [])]
  if (said.length > 0) sections.push(said.map(printable).join('\n'))
  if (options.length > 0) {
    sections.push(waysInWords(options))
  }
  return sections.join('\n\n')
}

/** Nothing takes nothing. */
const known = (bytes: number): string => (bytes > 0 ? formatBytes(bytes) : 'not known')

const SOURCES = {
  formula: 'computed from the files',
  planner: "by llama.cpp's own planner",
  measured: 'measured on this machine'
} as const

const usage = (message: string): ContractError => ({ code: 'bad-request', message })
