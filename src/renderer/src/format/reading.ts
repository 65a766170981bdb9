import { isKnown, type Reading } from '../../../shared/model/reading.ts'

/** A figure to show, or the words that stand in its place: an absent figure is never shown as 0. */
export type Shown =
  | { readonly known: true; readonly value: string; readonly unit: string }
  | { readonly known: false; readonly words: string }

/** `source` names who did not report: 'the driver', 'the kernel'. */
export function shown(
  reading: Reading | undefined,
  unit: string,
  source: string,
  decimals: number = 0
): Shown {
  if (reading === undefined) return { known: false, words: `not reported by ${source}` }
  if (isKnown(reading)) return { known: true, value: reading.toFixed(decimals), unit }
  return { known: false, words: `not reported by ${source}` }
}
