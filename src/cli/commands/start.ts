import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CommandInput } from '../../shared/contract/commands.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { EstimateView } from '../../shared/model/estimate.ts'
import { RUNNER_KINDS, type RunnerKind, type RunnerView } from '../../shared/model/runner.ts'
import { assertNever } from '../../shared/util/assert-never.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Command, Core, Outcome, Values } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import { formatBytes, printable } from '../format.ts'
import { isPlain, readAsked, settingsFor, SETTING_OPTIONS, type Asked } from './start-settings.ts'
import { startOptions } from './ways.ts'

/** A runner's bytes come from the sampler, whose slowest tick is a second. */
const BYTES_DEADLINE_MS = 3_000
/** The contract's bound. */
const MAX_PHRASE = 200

export const start: Command = {
  name: 'start',
  about: 'start a profile, a playbook, or a model (which makes a profile)',
  positionals: [
    {
      name: 'PROFILE|MODEL',
      about: "an id of 'profiles' or 'playbooks'; or a model: a file, a name of 'models'"
    }
  ],
  options: {
    runner: { type: 'string', value: 'KIND', about: `what runs it: ${RUNNER_KINDS.join(', ')}` },
    ...SETTING_OPTIONS,
    'when-it-fits': { type: 'boolean', about: 'where there is no room now: wait, and start when there is' },
    anyway: {
      type: 'string',
      value: 'NAME',
      about: 'start it although it does not fit; NAME is its name, typed so that it is no accident'
    },
    wait: { type: 'boolean', about: 'return when it is ready, or has failed' }
  },
  example: 'firebreakctl start ~/models/qwen3-8b-q4_k_m.gguf --ctx 8192 --wait',
  async run({ values, positionals, workingDir, connect, signal, note, json }) {
    let connected: Promise<Result<Core, ContractError>> | null = null
    const once = (): Promise<Result<Core, ContractError>> => (connected ??= connect())
    const input = await startInput(values, positionals[0] ?? '', workingDir, once)
    if (!input.ok) return input
    const core = await once()
    if (!core.ok) return core
    if (!values.flag('wait')) {
      const started = await core.value.client.call('runners.start', input.value)
      return started.ok ? describe(started.value) : withWays(core.value.client, started, input.value)
    }
    return startAndWait(core.value, input.value, signal, json ? () => undefined : note)
  }
}

async function startInput(
  values: Values,
  target: string,
  workingDir: string,
  core: () => Promise<Result<Core, ContractError>>
): Promise<Result<CommandInput<'runners.start'>, ContractError>> {
  const kind = values.text('runner')
  if (kind !== undefined && !isKind(kind)) {
    const message = `there is no runner '${kind}'.${didYouMean(kind, RUNNER_KINDS)} Known: ${RUNNER_KINDS.join(', ')}.`
    return err({ code: 'bad-request', message })
  }
  const asked = readAsked(values)
  if (!asked.ok) return asked
  const phrase = values.text('anyway')
  if (phrase !== undefined && (phrase.length > MAX_PHRASE || values.flag('when-it-fits'))) {
    const message =
      phrase.length > MAX_PHRASE
        ? `--anyway takes the name of what is started, ${MAX_PHRASE} characters at most.`
        : '--anyway starts it now and --when-it-fits later: give one of them.'
    return err({ code: 'bad-request', message })
  }
  const full = isPath(target, workingDir, kind) ? resolve(workingDir, target) : target
  const settings = isPlain(asked.value)
    ? ok(asked.value.port === undefined ? {} : { port: asked.value.port })
    : await settingsOf(kind, full, asked.value, core)
  if (!settings.ok) return settings
  return ok({
    target: full,
    ...(kind === undefined ? {} : { kind }),
    ...(Object.keys(settings.value).length === 0 ? {} : { settings: settings.value }),
    ...(values.flag('when-it-fits') ? { waits: true } : {}),
    ...(phrase === undefined ? {} : { phrase })
  })
}

/** Runners call the same thing by different names: a profile or playbook that is named says which runner it is. */
async function settingsOf(
  kind: RunnerKind | undefined,
  target: string,
  asked: Asked,
  connect: () => Promise<Result<Core, ContractError>>
): Promise<ReturnType<typeof settingsFor>> {
  if (kind !== undefined) return settingsFor(kind, asked)
  const core = await connect()
  if (!core.ok) return core
  const profiles = await core.value.client.call('profiles.list', {})
  if (!profiles.ok) return profiles
  const profile = profiles.value.find(({ id, modelPath }) => id === target || modelPath === target)
  if (profile !== undefined) return settingsFor(profile.kind, asked)
  const playbooks = await core.value.client.call('playbooks.list', {})
  const playbook = playbooks.ok ? playbooks.value.find(({ id }) => id === target) : undefined
  return settingsFor(playbook?.kind ?? 'llamacpp', asked)
}

/** What a script or a person at the command line can do about it here. */
async function withWays(
  client: Core['client'],
  refused: { readonly ok: false; readonly error: ContractError },
  { target, kind, settings, phrase, waits }: CommandInput<'runners.start'>
): Promise<typeof refused> {
  const { error } = refused
  if (error.code !== 'does-not-fit' || phrase !== undefined) return refused
  const view = await client.call('estimate.get', {
    target,
    ...(kind === undefined ? {} : { kind }),
    ...(settings === undefined ? {} : { settings })
  })
  // The schema's own types are mutable; the options are only read.
  const options = startOptions(view.ok ? (view.value as EstimateView) : null, waits === true)
  return err({ ...error, message: `${error.message} Here: ${options}.` })
}

const isKind = (kind: string): kind is RunnerKind => (RUNNER_KINDS as readonly string[]).includes(kind)

/**
 * A profile's id has no slash, so only a model file's bare name is in doubt: there the file decides. Runners other than
 * llama.cpp take the name of a repository, too, which has one slash and no dot in front.
 */
function isPath(target: string, workingDir: string, kind: RunnerKind | undefined): boolean {
  const isThere = existsSync(resolve(workingDir, target))
  if (target.startsWith('~/')) return false
  if (kind !== undefined && kind !== 'llamacpp' && !/^\.{0,2}\//.test(target)) {
    return target.includes('/') && isThere
  }
  return target.includes('/') || (/\.gguf$/i.test(target) && isThere)
}

async function startAndWait(
  { client, onClose }: Core,
  input: CommandInput<'runners.start'>,
  signal: AbortSignal,
  progress: (text: string) => void
): Promise<Outcome> {
  const seen = new Map<string, RunnerView>()
  const changed = createSignal()
  const ended = { value: false }
  client.on('runner', (view) => {
    seen.set(view.id, view as RunnerView)
    changed.fire()
  })
  onClose(() => {
    ended.value = true
    changed.fire()
  })
  signal.addEventListener('abort', changed.fire, { once: true })
  const subscribed = await client.call('events.subscribe', { events: ['runner'] })
  if (!subscribed.ok) return subscribed
  const started = await client.call('runners.start', input)
  if (!started.ok) return withWays(client, started, input)
  const { id } = started.value
  let told = ''
  for (;;) {
    const view = seen.get(id) ?? (started.value as RunnerView)
    const verdict = judge(view)
    if (verdict === 'ready') return describe(await withBytes(client, view))
    if (verdict !== 'wait') return err(verdict)
    if (ended.value)
      return err({ code: 'disconnected', message: `Firebreak ended; ${id} goes on without it` })
    if (signal.aborted) return err({ code: 'refused', message: `no longer waiting; ${id} goes on loading` })
    if (view.text !== told) progress(printable(view.text))
    told = view.text
    await changed.next()
  }
}

function judge(view: RunnerView): 'ready' | 'wait' | ContractError {
  switch (view.state) {
    case 'ready':
      return 'ready'
    case 'waiting':
    case 'starting':
    case 'loading':
    case 'restarting':
      return 'wait'
    case 'failed':
    case 'lost':
      return { code: 'runner-failed', message: printable(view.text) }
    case 'stopping':
    case 'stopped':
      return { code: 'runner-failed', message: `${view.id} was stopped before it was ready` }
    default:
      return assertNever(view.state)
  }
}

/** The next event, or at once if one came since the last call. */
function createSignal(): { fire: () => void; next: () => Promise<void> } {
  let { promise, resolve: fire } = Promise.withResolvers<void>()
  return {
    fire: () => fire(),
    async next() {
      await promise
      ;({ promise, resolve: fire } = Promise.withResolvers<void>())
    }
  }
}

/** 'ready' can come before the first sample that knows the new processes. */
async function withBytes(client: Core['client'], view: RunnerView): Promise<RunnerView> {
  const deadline = performance.now() + BYTES_DEADLINE_MS
  let latest = view
  while (totalBytes(latest) === 0 && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 100))
    const list = await client.call('runners.list', {})
    const found = list.ok ? list.value.find(({ id }) => id === view.id) : undefined
    if (found === undefined || found.state !== 'ready') break
    latest = found as RunnerView
  }
  return latest
}

const totalBytes = ({ bytes }: Pick<RunnerView, 'bytes'>): number => bytes.gpuBytes + bytes.hostBytes

/** What a command that leads to a running model answers. */
export function describe(
  view: Pick<RunnerView, 'id' | 'kind' | 'state' | 'pids' | 'url' | 'bytes' | 'text'>
): Outcome {
  const { id, kind, state, pids, url } = view
  const bytes = totalBytes(view)
  return ok({
    document: { id, kind, state, pids, url, bytes },
    text:
      state === 'ready'
        ? `${id} is ready at ${url ?? 'an unknown address'}, ${formatBytes(bytes)}`
        : `${id}: ${printable(view.text)}`
  })
}
