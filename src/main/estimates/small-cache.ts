import { readOptions } from '../../shared/domain/estimator/llamacpp/arguments.ts'
import { shapeOf } from '../../shared/domain/estimator/llamacpp/shape.ts'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { Profile } from '../../shared/model/runner.ts'

/** Values of the cache that are quantised together: llama.cpp refuses heads whose size is no multiple of it. */
const BLOCK = 32
/** As llama.cpp reads it. */
const OFF = new Set(['off', 'disabled', '0', 'false'])

/** Whether llama.cpp would take a cache of 8 bits: by the size of the model's heads, and with flash attention alone. */
export function canHaveSmallCache(profile: Profile, facts: ModelFacts | null): boolean {
  if (profile.kind !== 'llamacpp') return false
  const said = readOptions(profile.settings.extraArgs).get('flash-attention') ?? ''
  if (OFF.has(said.toLowerCase())) return false
  const shape = facts?.format === 'gguf' ? shapeOf(facts) : null
  return (
    shape === null ||
    shape.layers.every(
      ({ kvHeads, keyWidth, valueWidth }) =>
        kvHeads === 0 || (keyWidth % BLOCK === 0 && valueWidth % BLOCK === 0)
    )
  )
}
