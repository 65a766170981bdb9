import type { Estimate } from '../../model/estimate.ts'
import { numberSetting } from '../../model/specs/index.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { between, partOf } from './part.ts'
import { serverEstimate } from './pool-server.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'

const GIB = 1024 ** 3
/** What the server inside takes where nobody chose: vLLM's 0.9. */
const DEFAULT_SHARE = 0.9
/** Images differ in what their share means, and some take their own: up to this much of all memory more. */
const SHARE_DOUBT = 0.1
/** Processes of the image, as with vLLM, and its own beside them. */
const BESIDE = between(0.3 * GIB, 1.5 * GIB, 4 * GIB)

/** NIM: mostly vLLM in an image; its model is in the image too, so only its share is known, and that not surely. */
export function estimateNim({ profile, machine }: EstimateRequest): Estimate {
  if (profile.kind === 'llamacpp') return unknownEstimate('This is no profile of NIM.')
  const chosen = numberSetting(profile, 'cacheShare')
  const share = chosen > 0 ? Math.min(1, chosen) : DEFAULT_SHARE
  const total = machine.memTotalBytes
  const parts = [
    partOf(
      'weights-device',
      'Weights and cache together',
      between((share - SHARE_DOUBT) * total, share * total, Math.min(1, share + SHARE_DOUBT) * total),
      `${share} of all ${bytesInWords(total)}${chosen > 0 ? '' : ', its own choice'}, whatever the model needs`
    ),
    partOf('context', 'Beside its share', BESIDE, 'The processes of its image')
  ]
  return serverEstimate(
    parts,
    {
      confidence: 'rough',
      notes: [
        'Its model is in its image: what that needs is not known, only the share that it takes.',
        'Images of other versions may take another share.'
      ],
      bytesPerContextToken: null,
      activeWeightBytes: null
    },
    BESIDE
  )
}
