import { reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import type { IncidentPoint } from '../../shared/model/guard.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import type { Story } from './story.ts'

const MIB = 1024 ** 2
/** How far back growth is looked for: reported collapses took 3 to 15 s. */
const GROWTH_MS = 15_000
/** Less is breathing. */
const LEAST_GROWTH_BYTES = 256 * MIB
/** Growth begins where this share of it was still to come: a long flat piece before it is no part of it. */
const BEGINS_AT = 0.98
/** In which a fall or low memory makes the end of core and sentinel worth telling. */
const TROUBLE_MS = 60_000
/** A fall that deserves the name, in TROUBLE_MS: this share of all memory, and no less than LEAST_GROWTH_BYTES. */
const FALL_SHARE = 0.01

/** Who grew most at the end, or memory itself where no holder did. */
export interface Growth {
  /** null: no holder's growth explains it. */
  readonly label: string | null
  readonly bytes: number
  readonly seconds: number
}

/** The largest growth over the last 15 s of the curve; null where nobody grew and memory did not fall. */
export function growthOf(curve: readonly IncidentPoint[]): Growth | null {
  const end = curve.at(-1)
  if (end === undefined) return null
  const recent = curve.filter(({ atMs }) => atMs >= end.atMs - GROWTH_MS)
  const bytesAt = (point: IncidentPoint, label: string): number =>
    point.holders.find((holder) => holder.label === label)?.bytes ?? 0
  const grown = end.holders
    .map(({ label }) => rise(recent, (point) => bytesAt(point, label), label))
    .toSorted((a, b) => b.bytes - a.bytes)[0]
  const fall = rise(recent, (point) => -point.availableBytes, null)
  // The holders are told once a second, by a core that may have hung before the end.
  if (grown !== undefined && grown.bytes >= LEAST_GROWTH_BYTES && grown.bytes >= fall.bytes / 2) return grown
  return fall.bytes >= LEAST_GROWTH_BYTES ? fall : null
}

function rise(
  points: readonly IncidentPoint[],
  value: (point: IncidentPoint) => number,
  label: string | null
): Growth {
  const end = points.at(-1)
  if (end === undefined) return { label, bytes: 0, seconds: 0 }
  const last = value(end)
  const bytes = last - Math.min(...points.map(value))
  const begin = points.findLast((point) => last - value(point) >= bytes * BEGINS_AT) ?? end
  return { label, bytes, seconds: (end.atMs - begin.atMs) / 1000 }
}

export function growthSentence({ label, bytes, seconds }: Growth): string {
  const time = seconds < 1 ? 'within a second' : `in ${Math.round(seconds)} s`
  return label === null
    ? `Available memory fell by ${bytesInWords(bytes)} ${time}.`
    : `${label} grew ${bytesInWords(bytes)} ${time}.`
}

/** Whether memory fell or was in the desktop's reserve in the last minute of the curve. */
export function isTroubled(curve: readonly IncidentPoint[], memTotalBytes: number): boolean {
  const end = curve.at(-1)
  if (end === undefined) return false
  const minute = curve.filter(({ atMs }) => atMs >= end.atMs - TROUBLE_MS).map((one) => one.availableBytes)
  const fellBytes = Math.max(...minute) - end.availableBytes
  return (
    Math.min(...minute) < reserveBytes(memTotalBytes, null) ||
    fellBytes >= Math.max(LEAST_GROWTH_BYTES, memTotalBytes * FALL_SHARE)
  )
}

/** The machine went down: when, who grew, what was left. */
export function stoppedStory(curve: readonly IncidentPoint[], nowMs: number, memTotalBytes: number): Story {
  const endMs = curve.at(-1)?.atMs ?? nowMs
  const title = 'The machine stopped answering'
  const growth = growthOf(curve)
  const left = bytesInWords(curve.at(-1)?.availableBytes ?? 0)
  const what =
    growth === null
      ? `Memory did not fall then; ${left} were available.${isTroubled(curve, memTotalBytes) ? '' : ' Power, heat or a driver are likelier causes than memory.'}`
      : `${growthSentence(growth)} ${left} were available at last.`
  return { title, text: `The machine stopped answering ${momentInWords(endMs, nowMs)}. ${what}` }
}

/** The sentinel, or core and sentinel, ended while the machine went on. */
export function diedStory(curve: readonly IncidentPoint[], nowMs: number, coreToo: boolean): Story {
  const endMs = curve.at(-1)?.atMs ?? nowMs
  const growth = growthOf(curve)
  const left = bytesInWords(curve.at(-1)?.availableBytes ?? 0)
  return {
    title: 'The guard was ended',
    text: [
      `${coreToo ? "Firebreak's core and its sentinel" : "Firebreak's sentinel"} ended ${momentInWords(endMs, nowMs)} without an orderly end.`,
      growth === null ? '' : growthSentence(growth),
      `${left} were available at last.`,
      "If it was the kernel's or another guard's choice, the system's log says so: journalctl -k."
    ]
      .filter((one) => one !== '')
      .join(' ')
  }
}

/** 'at 14:02', with the day where it is another than today's. */
export function momentInWords(atMs: number, nowMs: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const then = new Date(atMs)
  const time = `at ${two(then.getHours())}:${two(then.getMinutes())}`
  if (then.toDateString() === new Date(nowMs).toDateString()) return time
  return `on ${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`
}
