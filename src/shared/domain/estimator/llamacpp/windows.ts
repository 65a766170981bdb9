import type { GgufFacts } from '../../../model/model-facts.ts'
import { flagsOf, numberOf } from './hparams.ts'
import { WINDOW_BY_FILE, WINDOW_RULES } from './rules.ts'

export interface Windows {
  /** Tokens that a layer with a window looks back; 0: no layer has one. */
  readonly tokens: number
  readonly byLayer: readonly boolean[]
  /** False: which layers have it stands nowhere; counted as none, which is the larger figure. */
  readonly isKnown: boolean
}

const PATTERN_KEY = 'attention.sliding_window_pattern'

/** Which layers keep a sliding window only. An architecture without a rule keeps all of it, whatever the file says. */
export function windowsOf({ architecture, hparams }: GgufFacts, layers: number): Windows {
  const none: Windows = { tokens: 0, byLayer: Array.from({ length: layers }, () => false), isKnown: true }
  const said = numberOf(hparams, 'attention.sliding_window')
  const listed = flagsOf(hparams, PATTERN_KEY, layers)
  const rule = WINDOW_RULES.get(architecture)
  if (rule === undefined) {
    if (!WINDOW_BY_FILE.has(architecture)) return none
    if (listed === null || said === null) return { ...none, isKnown: false }
    return { tokens: said, byLayer: listed, isKnown: true }
  }
  if (rule.onlyLayers !== undefined && layers !== rule.onlyLayers) return none
  if (rule.onlyIf === 'window' && (said ?? 0) === 0) return none
  if (rule.onlyIf === 'window-not-zero' && said === 0) return none
  const tokens = rule.forcedWindow ?? said ?? rule.defaultWindow ?? 0
  if (tokens === 0) return { ...none, isKnown: said === 0 }
  const every = numberOf(hparams, PATTERN_KEY) ?? rule.every
  const byLayer = listed ?? none.byLayer.map((_, layer) => hasWindow(layer, every, rule.denseFirst === true))
  return { tokens, byLayer, isKnown: true }
}

const hasWindow = (layer: number, every: number, denseFirst: boolean): boolean =>
  every === 0 || (denseFirst ? layer % every !== 0 : layer % every < every - 1)
