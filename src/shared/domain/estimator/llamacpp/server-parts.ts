import type { EstimatePart } from '../../../model/estimate.ts'
import type { GgufFacts } from '../../../model/model-facts.ts'
import { bytesInWords } from '../../../util/bytes-in-words.ts'
import { totalOf } from '../total.ts'
import type { LlamaCase } from './case.ts'
import { computeBytes, computeSafety, hostComputeBytes } from './compute.ts'
import { cacheBytes } from './kv.ts'
import {
  checkpointsOf,
  DEVICE_CONTEXT,
  DIRECT_STAGING_BYTES,
  projectorInterval,
  STAGING_BYTES
} from './server.ts'
import { counted } from './words.ts'

/** What the server keeps beside the model, and what there is only while it loads. */
export function serverParts(one: LlamaCase): readonly EstimatePart[] {
  const { facts, run, machine, draft, shape, context, cache, hasDevice } = one
  const checkpoints = checkpointsOf(shape, run, context, cache)
  const slots = context.slots
  const promptCache = run.promptCacheBytes ?? machine.memTotalBytes
  const parts: EstimatePart[] = [
    {
      id: 'prompt-cache',
      label: 'Prompt cache',
      lowBytes: 0,
      expectedBytes: 0,
      peakBytes: promptCache,
      why:
        run.promptCacheBytes === null
          ? 'Old prompts are kept without a limit: it may grow until the memory is full.'
          : `Old prompts are kept up to ${bytesInWords(promptCache)}; it is empty at first and fills with use.`
    },
    {
      id: 'checkpoints',
      label: 'Checkpoints',
      lowBytes: 0,
      expectedBytes: 0,
      peakBytes: Math.round(checkpoints.most * slots * checkpoints.bytesOfOne),
      why: `Up to ${checkpoints.most} of ${bytesInWords(checkpoints.bytesOfOne)} for each of ${counted(slots, 'slot')}; usually ${checkpoints.usual}, and none at first.`
    }
  ]
  if (run.usesProjector) parts.push(projectorPart(facts))
  if (draft !== null) {
    parts.push({
      id: 'draft',
      label: 'Draft model',
      ...totalOf(draft.parts.filter(({ id }) => id !== 'context' && id !== 'load-transient')),
      why: `A second model that guesses ahead, with a cache of its own: about ${bytesInWords(draft.total.expectedBytes)}.`
    })
  } else if (run.predictsAhead && shape.predictLayers > 0) parts.push(aheadPart(one))
  if (hasDevice) {
    parts.push({
      id: 'context',
      label: 'CUDA context',
      ...DEVICE_CONTEXT,
      why: 'The driver and its kernels take 150 to 500 MiB that no log shows.'
    })
  }
  parts.push(loadingPart(one))
  return parts
}

/** Layers that guess ahead are run as a context of their own: a cache as long as the model's, and scratch. */
function aheadPart({ run, shape, context, hasDevice }: LlamaCase): EstimatePart {
  const like = shape.layers.findLast(({ ownsCache, hasWindow }) => ownsCache && !hasWindow)
  const layers = like === undefined ? [] : Array.from({ length: shape.predictLayers }, () => like)
  const ahead = { ...shape, layers }
  const cacheOfIts = cacheBytes(ahead, run, context, hasDevice).totalBytes
  const scratch = computeBytes(ahead, run, context, hasDevice) + hostComputeBytes(ahead, run, context)
  return {
    id: 'draft',
    label: 'Guessing ahead',
    lowBytes: cacheOfIts,
    expectedBytes: cacheOfIts + scratch,
    peakBytes: cacheOfIts + scratch + computeSafety(scratch),
    why: `${counted(shape.predictLayers, 'layer')} of the model with a cache of ${bytesInWords(cacheOfIts)} and scratch of about ${bytesInWords(scratch)}; the weights are among the others.`
  }
}

/** Where its file is not known. */
const UNKNOWN_PROJECTOR = { lowBytes: 0, expectedBytes: 2 ** 30, peakBytes: 3 * 2 ** 30 } as const

function projectorPart({ mmproj }: GgufFacts): EstimatePart {
  return {
    id: 'mmproj',
    label: 'Vision projector',
    ...(mmproj === null ? UNKNOWN_PROJECTOR : projectorInterval(mmproj.fileBytes)),
    why:
      mmproj === null
        ? 'Its file was not found beside the model: taken as 1 GiB.'
        : `Its file of ${bytesInWords(mmproj.fileBytes)} and scratch for one picture.`
  }
}

function loadingPart({ facts, run, machine, hasDevice }: LlamaCase): EstimatePart {
  const common = { id: 'load-transient', label: 'While loading', lowBytes: 0, expectedBytes: 0 } as const
  if (!hasDevice) {
    return {
      ...common,
      peakBytes: STAGING_BYTES,
      why: 'The weights are read or mapped where they stay; nothing is held twice.'
    }
  }
  if (run.loadMode === 'mmap' || (run.loadMode === 'auto' && machine.topology !== 'unified')) {
    return {
      ...common,
      expectedBytes: STAGING_BYTES,
      peakBytes: facts.fileBytes,
      why: `The file is mapped while it is copied: up to ${bytesInWords(facts.fileBytes)} of it are in the page cache too, which the kernel can take back.`
    }
  }
  const staging = run.loadMode === 'none' ? STAGING_BYTES : DIRECT_STAGING_BYTES
  return {
    ...common,
    expectedBytes: STAGING_BYTES,
    peakBytes: staging,
    why: `The file is read through buffers of at most ${bytesInWords(staging)}.`
  }
}
