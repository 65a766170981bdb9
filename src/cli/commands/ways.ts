import type { EstimateView, Verdict, WayOut } from '../../shared/model/estimate.ts'
import type { SettingValue } from '../../shared/model/runner.ts'
import { assertNever } from '../../shared/util/assert-never.ts'
import { columns, formatBytes, printable } from '../format.ts'
import { CONTEXT_KEYS, SLOT_KEYS } from './start-settings.ts'

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  fits: 'fits',
  tight: 'tight: its peak is over',
  'does-not-fit': 'does not fit',
  unknown: 'not known'
}

/** Each way out with what it would come to, and what to type for it. */
export function waysInWords(options: readonly WayOut[]): string {
  const rows = options.map((way) => [`  ${printable(way.label)}`, comesTo(way) ?? '', toType(way)])
  return ["Ways out, with what to add to 'firebreakctl start':", columns(rows)].join('\n')
}

/**
 * The options of a start that was refused, in one line: '--ctx 8192 (9.1 GiB, fits), --when-it-fits, or --anyway NAME'.
 * `view` null: what it would take could not be asked again.
 */
export function startOptions(
  view: Pick<EstimateView, 'verdict' | 'options'> | null,
  isWaiting: boolean
): string {
  // Where there is room by now, a start that waits for it begins at once.
  const hasRoom = view?.verdict !== 'does-not-fit' || view.options.some(({ kind }) => kind === 'wait')
  const canWait = hasRoom && !isWaiting
  const settings = (view?.options ?? [])
    .filter(({ kind }) => kind === 'settings')
    .map((way) => `${toType(way)} (${comesTo(way) ?? ''})`)
  const all = [...settings, ...(canWait ? ['--when-it-fits'] : []), '--anyway NAME']
  const last = all.pop() ?? ''
  return all.length === 0 ? last : `${all.join(', ')}, or ${last}`
}

function comesTo(way: WayOut): string | null {
  switch (way.kind) {
    case 'settings':
    case 'model':
      return `${formatBytes(way.total.expectedBytes)}, ${VERDICT_WORDS[way.verdict]}`
    case 'stop':
    case 'unload':
      return VERDICT_WORDS[way.verdict]
    case 'wait':
    case 'anyway':
      return null
    default:
      return assertNever(way)
  }
}

function toType(way: WayOut): string {
  switch (way.kind) {
    case 'settings':
      return Object.entries(way.settings).map(optionOf).join(' ')
    case 'model':
      return `this file: ${quoted(way.modelPath)}`
    case 'stop':
      return `first: ${way.runnerIds.map((id) => `firebreakctl stop ${quoted(id)}`).join('; ')}`
    case 'unload':
      return 'in the panel'
    case 'wait':
      return '--when-it-fits'
    case 'anyway':
      return `--anyway ${quoted(way.phrase)}`
    default:
      return assertNever(way)
  }
}

function optionOf([key, value]: readonly [string, SettingValue]): string {
  if (CONTEXT_KEYS.includes(key)) return `--ctx ${String(value)}`
  if (SLOT_KEYS.includes(key)) return `--slots ${String(value)}`
  if (typeof value === 'object') return value.map((item) => quoted(`--arg=${item}`)).join(' ')
  return `--set ${quoted(`${key}=${String(value)}`)}`
}

/** As a shell takes it for one word. */
const quoted = (text: string): string => {
  const plain = printable(text)
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", String.raw`'\''`)}'`
}
