import type { CommandInput, CommandOutput } from '../../shared/contract/commands.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { GuardAsk, GuardView, SentinelStatus } from '../../shared/model/guard.ts'
import { GUARD_MODES, type GuardMode } from '../../shared/model/status.ts'
import { causesOf } from '../../shared/model/would-have.ts'
import { aboveMostThreshold, mostThresholdBytes } from '../../shared/domain/guard/thresholds.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Command, Core, Values } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import { columns, formatBytes, formatReading, formatTime, printable } from '../format.ts'
import { sizeInBytes } from '../numbers.ts'
import { eventInWords } from './guard-words.ts'

/** Enough to see what just happened; the incidents have the rest. */
const SHOWN_EVENTS = 5
/** New sizes hold from the next look at memory on, a second away at most. */
const SETTLE_DEADLINE_MS = 1_500
const SETTLE_LOOK_MS = 50
const MS_PER_S = 1_000

export const guard: Command = {
  name: 'guard',
  about:
    'how the guard stands and what it would do now; with a mode: sets it, and with any but custom the automatic sizes',
  positionals: [{ name: 'MODE', about: GUARD_MODES.join(', '), optional: true }],
  options: {
    reserve: { type: 'string', value: 'BYTES', about: "with custom: where warning begins (6GiB, or 'auto')" },
    floor: {
      type: 'string',
      value: 'BYTES',
      about: "with custom: what falling memory must not pass (2GiB, or 'auto')"
    }
  },
  example: 'firebreakctl guard custom --reserve 8GiB --floor 3GiB',
  async run({ values, positionals, connect }) {
    const patch = patchOf(positionals[0], values)
    if (!patch.ok) return patch
    const core = await connect()
    if (!core.ok) return core
    const { client } = core.value
    if (patch.value !== null) {
      const wrong = await tooMuch(client, patch.value)
      if (wrong !== null) return err(wrong)
      const set = await client.call('settings.set', patch.value)
      if (!set.ok) return set
    }
    const view = await viewOf(client, patch.value ?? {})
    return view.ok ? ok({ document: view.value, text: describeGuard(view.value) }) : view
  }
}

/** As it stands once the guard works by the sizes just set. */
async function viewOf(
  client: Core['client'],
  { reserveBytes, floorBytes }: CommandInput<'settings.set'>
): Promise<Result<CommandOutput<'guard.get'>, ContractError>> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS
  const differs = (now: number, wanted: number | null | undefined, automatic: number): boolean =>
    wanted !== undefined && now !== (wanted ?? automatic)
  for (;;) {
    const view = await client.call('guard.get', {})
    if (!view.ok || performance.now() > deadline) return view
    const now = view.value
    const isSettled =
      !differs(now.reserveBytes, reserveBytes, now.automaticReserveBytes) &&
      !differs(now.floorBytes, floorBytes, now.automaticFloorBytes)
    if (isSettled) return view
    await new Promise((done) => setTimeout(done, SETTLE_LOOK_MS))
  }
}

/** The panel's own bound: the core takes more, which only who tries out the guard can want. */
async function tooMuch(
  client: Core['client'],
  { reserveBytes, floorBytes }: CommandInput<'settings.set'>
): Promise<ContractError | null> {
  const wanted = Math.max(reserveBytes ?? 0, floorBytes ?? 0)
  if (wanted === 0) return null
  const status = await client.call('status.get', {})
  if (!status.ok) return status.error
  const { memTotalBytes } = status.value
  if (wanted <= mostThresholdBytes(memTotalBytes)) return null
  return { code: 'settings-invalid', message: aboveMostThreshold(memTotalBytes) }
}

/** null: nothing is to be changed. */
function patchOf(
  mode: string | undefined,
  values: Values
): Result<CommandInput<'settings.set'> | null, ContractError> {
  const reserve = sizeInBytes(values, 'reserve')
  if (!reserve.ok) return reserve
  const floor = sizeInBytes(values, 'floor')
  if (!floor.ok) return floor
  const sizes = {
    ...(reserve.value === undefined ? {} : { reserveBytes: reserve.value }),
    ...(floor.value === undefined ? {} : { floorBytes: floor.value })
  }
  if (mode !== 'custom' && Object.keys(sizes).length > 0) {
    return usage(
      "--reserve and --floor belong to the mode 'custom': firebreakctl guard custom --reserve 8GiB"
    )
  }
  if (mode === undefined) return ok(null)
  if (mode === 'custom') return ok({ guard: { mode }, ...sizes })
  // Sizes of one's own are what 'custom' means.
  if (isMode(mode)) return ok({ guard: { mode }, reserveBytes: null, floorBytes: null })
  return usage(
    `there is no mode '${mode}'.${didYouMean(mode, GUARD_MODES)} Known: ${GUARD_MODES.join(', ')}.`
  )
}

const usage = (message: string): Result<never, ContractError> => err({ code: 'bad-request', message })

const isMode = (text: string): text is GuardMode => (GUARD_MODES as readonly string[]).includes(text)

export function describeGuard(view: GuardView): string {
  const { sentinel, ranking, ask } = view
  const automatic = (bytes: number, own: number): string => (bytes === own ? ' (automatic)' : '')
  const sections = [
    [`${view.mode}, ${view.level}`, ...view.reasons.map(printable)].join('\n'),
    columns([
      ['reserve', formatBytes(view.reserveBytes) + automatic(view.reserveBytes, view.automaticReserveBytes)],
      ['floor', formatBytes(view.floorBytes) + automatic(view.floorBytes, view.automaticFloorBytes)],
      ['sentinel', sentinelText(sentinel)],
      ['armed', listOr(sentinel.armedIds, 'nobody')],
      ['launches', view.launchesHeld ? 'wait until memory is free' : 'go ahead'],
      ['fire drill', drillText(view)]
    ]),
    ...(sentinel.notes.length === 0 ? [] : [sentinel.notes.map(printable).join('\n')]),
    ...(sentinel.unreachableIds.length === 0
      ? []
      : [`This sentinel cannot stop ${listOr(sentinel.unreachableIds, '')}: another user's processes.`]),
    printable(view.wouldDo),
    ...(ask === null ? [] : [describeAsk(ask)])
  ]
  if (ranking.victims.length > 0) {
    const rows = ranking.victims.map(({ label, bytes, reloadS, why }) => [
      formatBytes(bytes),
      printable(label),
      `reload ${formatReading(reloadS, (s) => `${s.toFixed(0)} s`)}`,
      printable(why)
    ])
    sections.push(`Stopped first, if it must be:\n${columns(rows, [0])}`)
  }
  if (ranking.refused.length > 0) {
    const rows = ranking.refused.map(({ label, bytes, because }) => [
      formatBytes(bytes),
      printable(label),
      because === 'not-allowed' ? 'not started by Firebreak, and not allowed' : because
    ])
    sections.push(`Never stopped:\n${columns(rows, [0])}`)
  }
  if (view.lastEvents.length > 0) {
    const rows = view.lastEvents
      .slice(0, SHOWN_EVENTS)
      .map(({ atMs, kind, label, reasons }) => [
        formatTime(atMs),
        eventInWords(kind),
        printable(label ?? ''),
        printable(causesOf(reasons)[0] ?? '')
      ])
    sections.push(`Newest acts:\n${columns(rows)}`)
  }
  return sections.join('\n\n')
}

/** The question, what happens without an answer, and how to give one. */
function describeAsk({ text, stage, victimId, actsAtMs }: GuardAsk): string {
  const id = printable(victimId)
  const choices = stage === 'frozen' ? 'stop|continue|keep' : 'stop|continue'
  return [
    `It asks: ${printable(text)}`,
    unanswered(stage, actsAtMs === null ? null : Math.max(0, Math.ceil((actsAtMs - Date.now()) / MS_PER_S))),
    `Answer with: firebreakctl answer ${id} ${choices}`
  ].join('\n')
}

function unanswered(stage: GuardAsk['stage'], seconds: number | null): string {
  if (stage === 'warn') {
    return seconds === null
      ? 'Without an answer it is paused if memory reaches the floor.'
      : `Without an answer it is paused in about ${seconds} s.`
  }
  return seconds === null
    ? 'It stays paused until you answer, unless memory falls below the floor.'
    : `Without an answer it is stopped in ${seconds} s, or at once if memory falls below the floor.`
}

function sentinelText({ state, pid, rights, memoryLocked, priorityRaised }: SentinelStatus): string {
  if (state !== 'guarding') return state
  return [
    `guarding${pid === null ? '' : ` (pid ${pid})`}`,
    rights === 'unknown' ? 'rights unknown' : `rights of the ${rights}`,
    memoryLocked ? 'memory locked' : 'memory not locked',
    priorityRaised ? 'priority raised' : 'ordinary priority'
  ].join(', ')
}

function drillText({ drillRunning, lastDrill }: GuardView): string {
  if (drillRunning) return 'runs now'
  if (lastDrill === null) return "none yet; try 'firebreakctl drill'"
  return `${lastDrill.passed ? 'passed' : 'not passed'}, ${formatTime(lastDrill.atMs)}`
}

const listOr = (ids: readonly string[], none: string): string =>
  ids.length === 0 ? none : ids.map(printable).join(', ')
