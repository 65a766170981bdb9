import type { GuardAnswer, GuardAsk, GuardView } from '../../shared/model/guard.ts'
import { ACTIVE_STATES, type RunnerView } from '../../shared/model/runner.ts'
import type { GuardLevel, GuardMode, Live } from '../../shared/model/status.ts'

/** 'unknown': no reading of the machine, which is a state of its own and not calm. */
export type TrayLevel = GuardLevel | 'unknown'

export type TrayAction =
  | { readonly kind: 'open' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'start'; readonly id: string; readonly label: string }
  | { readonly kind: 'stop'; readonly id: string; readonly label: string }
  | {
      readonly kind: 'answer'
      readonly watchId: string
      readonly victimId: string
      readonly label: string
      readonly choice: GuardAnswer
    }

export type TrayItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }

/** The whole tray as data: it is drawn again only when this differs. */
export interface TrayContent {
  readonly level: TrayLevel
  readonly status: string
  readonly items: readonly TrayItem[]
}

export interface TrayState {
  /** null: nothing heard from the core, or nothing for too long. */
  readonly live: Live | null
  readonly runners: readonly RunnerView[]
  /** null: as for `live`. */
  readonly guard: Pick<GuardView, 'mode' | 'ask'> | null
}

/** A menu longer than this no longer fits a 900 px high screen; the rest is in the window. */
export const MAX_TRAY_RUNNERS = 12
/** Labels are cut here, so that one long file name does not make the menu as wide as the screen. */
export const MAX_LABEL_CHARS = 48

/** What is asked may be two sentences with a name in them. */
export const MAX_ASK_CHARS = 120

const GIB = 2 ** 30

/** Coarse on purpose (whole GiB from 10 on): each change makes the panel draw the menu again. */
export function roughGiB(bytes: number): string {
  const gib = bytes / GIB
  return `${gib >= 10 ? Math.round(gib) : gib.toFixed(1)} GiB`
}

const LEVEL_WORDS: Readonly<Record<GuardLevel, string>> = {
  calm: 'Desktop safe.',
  watch: 'Memory is getting tighter.',
  warn: 'Little memory left for the desktop.',
  act: 'Memory is running out.',
  emergency: 'Memory is nearly gone.'
}

/** In words, because an ordinary menu has no room for more. */
const MODE_WORDS: Readonly<Record<GuardMode, string>> = {
  off: 'Guard: off',
  observe: 'Guard: only observes',
  relaxed: 'Guard: relaxed',
  balanced: 'Guard: balanced',
  strict: 'Guard: strict',
  custom: 'Guard: custom'
}

/** The fire drill answers for itself. */
const DRILL_WATCH = 'drill'

/** What is asked and what can be answered. No countdown: a menu that is open does not move. */
function askItems(ask: GuardAsk): readonly TrayItem[] {
  const { watchId, victimId, label } = ask
  const name = shorten(label)
  const answer = (choice: GuardAnswer, words: string): TrayItem => ({
    kind: 'action',
    label: words,
    action: { kind: 'answer', watchId, victimId, label, choice }
  })
  return [
    answer('stop', `Stop ${name}`),
    answer('continue', 'Let it go on'),
    ...(ask.stage === 'frozen' && ask.actsAtMs !== null ? [answer('keep-frozen', 'Keep it paused')] : []),
    { kind: 'separator' }
  ]
}

/** The menu's first line: the machine's state in words. */
export function statusSentence(live: Live | null): string {
  if (!live) return 'No readings from the Firebreak core.'
  const reason = live.guard.level === 'calm' ? undefined : live.guard.reasons[0]
  return `${roughGiB(live.freeForModelsBytes)} free for models. ${reason ?? LEVEL_WORDS[live.guard.level]}`
}

export function trayContent(state: TrayState): TrayContent {
  const ask = state.guard?.ask ?? null
  const asked = ask === null || ask.watchId === DRILL_WATCH ? null : ask
  const status = asked === null ? statusSentence(state.live) : shorten(asked.text, MAX_ASK_CHARS)
  // Running ones first: with many models, those are what one comes to the tray for.
  const rank = (view: RunnerView): number => (ACTIVE_STATES.includes(view.state) ? 0 : 1)
  const sorted = state.runners.toSorted((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label))
  const shown = sorted.slice(0, MAX_TRAY_RUNNERS).flatMap(runnerItems)
  const more = sorted.length - MAX_TRAY_RUNNERS
  const separator: TrayItem = { kind: 'separator' }
  return {
    level: state.live?.guard.level ?? 'unknown',
    status,
    items: [
      { kind: 'text', label: status },
      ...(asked === null ? [] : askItems(asked)),
      { kind: 'action', label: 'Open Firebreak', action: { kind: 'open' } },
      separator,
      ...(shown.length > 0
        ? shown
        : [{ kind: 'text', label: 'No models yet: add one in Firebreak' } as const]),
      ...(more > 0 ? [{ kind: 'text', label: `${more} more in Firebreak` } as const] : []),
      separator,
      ...(state.guard === null ? [] : [{ kind: 'text', label: MODE_WORDS[state.guard.mode] } as const]),
      { kind: 'action', label: 'Quit Firebreak (models keep running)', action: { kind: 'quit' } }
    ]
  }
}

function runnerItems(view: RunnerView): TrayItem[] {
  const name = shorten(view.label)
  const start: TrayItem = {
    kind: 'action',
    label: `Start ${name}`,
    action: { kind: 'start', id: view.id, label: view.label }
  }
  const stop: TrayItem = {
    kind: 'action',
    label: `Stop ${name}`,
    action: { kind: 'stop', id: view.id, label: view.label }
  }
  switch (view.state) {
    case 'stopped':
    case 'failed':
    case 'lost':
      return [start]
    case 'waiting':
      return [{ kind: 'text', label: `${name} waits to be started` }, stop]
    case 'ready':
      return [stop]
    case 'starting':
    case 'loading':
      return [{ kind: 'text', label: `${name} is loading…` }, stop]
    case 'restarting':
      return [{ kind: 'text', label: `${name} failed and will be started again` }, stop]
    case 'stopping':
      return [{ kind: 'text', label: `${name} is stopping…` }]
  }
}

const shorten = (text: string, most: number = MAX_LABEL_CHARS): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`
