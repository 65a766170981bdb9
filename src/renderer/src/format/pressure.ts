import type { Pressure } from '../../../shared/model/snapshot.ts'

/** Below 1 % nobody notices; systemd-oomd acts on a slice at 60 % over 30 s; a desktop stutters from about 10 %. */
const NOTICEABLE_PCT = 1
const STUTTER_PCT = 10
const HEAVY_PCT = 40

/** Memory pressure in a word, with the figure behind it for those who ask. */
export function pressureWords(pressure: Pressure | 'unknown'): {
  readonly word: string
  readonly short: string
  readonly detail: string
} {
  if (pressure === 'unknown') {
    const words = 'not reported by the kernel'
    return { word: words, short: '', detail: 'This kernel has no pressure stall information (PSI).' }
  }
  const some = pressure.some.avg10Pct
  const word =
    some < NOTICEABLE_PCT ? 'None' : some < STUTTER_PCT ? 'Light' : some < HEAVY_PCT ? 'Noticeable' : 'Heavy'
  const full = pressure.full === 'unknown' ? '' : `, full ${pressure.full.avg10Pct.toFixed(1)} %`
  return {
    word,
    short: `${some.toFixed(1)} %`,
    detail: `PSI some ${some.toFixed(1)} %${full} over 10 s: the share of time in which programs waited for memory.`
  }
}
