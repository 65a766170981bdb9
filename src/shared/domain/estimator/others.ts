import type { Estimate, Interval } from '../../model/estimate.ts'
import { listSetting } from '../../model/specs/index.ts'
import { between, partOf } from './part.ts'
import { totalOf } from './total.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
/** Open WebUI with its embedding model for documents, in Python with PyTorch: a judgement, nothing is published. */
const OPEN_WEBUI = between(0.5 * GIB, GIB, 2.5 * GIB)
/** JupyterLab without a notebook's kernel: a judgement from Python's own size. */
const JUPYTERLAB = between(80 * MIB, 150 * MIB, 500 * MIB)

/** Open WebUI holds no model of its own but one for documents; an Ollama in its image holds what it is asked for. */
export function estimateOpenWebui({ profile }: EstimateRequest): Estimate {
  const hasOllama = /:.*ollama/i.test(profile.container?.image ?? '')
  return hostOnly(OPEN_WEBUI, 'Its server and the model that it searches documents with', [
    hasOllama
      ? 'Models that its Ollama loads come on top, as large as they are: nothing of them is counted here.'
      : 'The models that it talks to belong to other runners.'
  ])
}

/** JupyterLab itself is small; what notebooks take is theirs. */
export function estimateJupyterlab(_request: EstimateRequest): Estimate {
  return hostOnly(JUPYTERLAB, 'Its server', [
    'What notebooks load comes on top: nothing of it is counted here.'
  ])
}

/** A command of one's own: nothing is known. */
export function estimateCustom({ profile }: EstimateRequest): Estimate {
  const program = profile.kind === 'custom' ? (listSetting(profile, 'command')[0] ?? '') : ''
  const name = program.split('/').at(-1) ?? ''
  return unknownEstimate(
    name === ''
      ? 'Nothing is known of how much memory this command takes.'
      : `Nothing is known of how much memory '${name}' takes; after its first run it is.`
  )
}

function hostOnly(interval: Interval, why: string, notes: readonly string[]): Estimate {
  const parts = [partOf('compute-host', 'Program', interval, why)]
  return {
    parts,
    total: totalOf(parts),
    growthBytes: interval.peakBytes - interval.expectedBytes,
    source: 'formula',
    confidence: 'rough',
    notes,
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}
