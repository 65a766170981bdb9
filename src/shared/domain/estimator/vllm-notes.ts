import { bytesInWords } from '../../util/bytes-in-words.ts'
import type { ServerNeed } from './pool-server.ts'
import type { VllmSettings } from './vllm-settings.ts'

/** Steps of up to this many tokens are vLLM's own choice, and those that its logs are known of. */
export const LARGE_STEP_TOKENS = 8192

/** What it needs against what it asks for. */
export interface VllmNeed extends ServerNeed {
  /** The share that holds it, rounded up to a hundredth; above 1: this machine does not hold it. */
  readonly utilisation: number
}

interface Room {
  readonly requested: number
  readonly poolBytes: number
  readonly memAvailableBytes: number
}

/** What a person would want to know before it starts: does it start at all, and what would be enough. */
export function vllmNotes(need: VllmNeed, settings: VllmSettings, room: Room): readonly string[] {
  const { requested, poolBytes, memAvailableBytes } = room
  const notes = [needWords(need)]
  const cache = settings.pinnedKvBytes ?? poolBytes
  if (cache <= 0)
    notes.push(
      `Its share of ${bytesInWords(requested)} leaves nothing for its cache: it will not start. ${wayOut(need)}`
    )
  else if (need.cacheBytes > cache)
    notes.push(
      `Its cache of ${bytesInWords(cache)} does not hold one request of ${need.contextTokens} tokens ` +
        `(${bytesInWords(need.cacheBytes)}): it will not start. Shorten the context. ${wayOut(need)}`
    )
  if (requested > memAvailableBytes)
    notes.push(
      `It refuses to start unless ${bytesInWords(requested)} are free; ${bytesInWords(memAvailableBytes)} are.`
    )
  if (need.kvBytesPerToken === null) notes.push('What a token costs in its cache is not said by the model.')
  else if (!need.isCacheWhole)
    notes.push(
      'Some of its layers keep a state of fixed size, which is not counted: its cache needs a little more.'
    )
  if (settings.batchedTokens > LARGE_STEP_TOKENS)
    notes.push(`Steps of ${settings.batchedTokens} tokens take far more than the usual ${LARGE_STEP_TOKENS}.`)
  if (settings.ranks > 1)
    notes.push(`${settings.ranks} machines or GPUs share the model: this is one part of it.`)
  return notes
}

/** vLLM's own upper end, and what leaves a machine something to run on. */
const LARGEST_SHARE = 0.95

const wayOut = ({ utilisation }: VllmNeed): string =>
  utilisation <= LARGEST_SHARE
    ? `A share of ${utilisation} would hold it.`
    : 'No share of this machine would hold it.'

const needWords = (need: VllmNeed): string =>
  `It really needs ${bytesInWords(need.neededBytes)}: weights ${bytesInWords(need.weightsBytes)}, overhead ` +
  `${bytesInWords(need.overheadBytes)}` +
  (need.kvBytesPerToken === null || need.contextTokens === null
    ? ' and a cache.'
    : ` and ${bytesInWords(need.cacheBytes)} of cache for ${need.contextTokens} tokens.`)
