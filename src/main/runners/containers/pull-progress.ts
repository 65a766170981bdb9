import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { member, numberMember, parseJson, textMember } from './json.ts'

/** What is known of a pull so far. */
export interface PullProgress {
  /** Null where the engine counts nothing (Podman of some versions). */
  readonly doneBytes: number | null
  readonly totalBytes: number | null
  readonly layersDone: number
  readonly layers: number
}

/** Reads the lines that POST /images/create answers with. */
export interface PullReader {
  /** One line of JSON; what is no such line is passed over. */
  line(text: string): void
  readonly progress: PullProgress
  /** As the engine says it; null while nothing failed. */
  readonly error: string | null
}

interface Layer {
  done: number | null
  total: number | null
  isDone: boolean
}

/** Layers of an image are at most some hundred; more names than this are no layers. */
const MOST_LAYERS = 1_000
/** A layer's id is the beginning of a digest; a tag is no layer. */
const LAYER_ID = /^[0-9a-f]{12,64}$/

export function createPullReader(): PullReader {
  const layers = new Map<string, Layer>()
  let error: string | null = null
  const layerOf = (id: string): Layer | null => {
    const known = layers.get(id)
    if (known !== undefined) return known
    if (!LAYER_ID.test(id) || layers.size >= MOST_LAYERS) return null
    const layer: Layer = { done: null, total: null, isDone: false }
    layers.set(id, layer)
    return layer
  }
  return {
    line(text) {
      const said = parseJson(text)
      error = textMember(said, 'error') ?? error
      const layer = layerOf(textMember(said, 'id') ?? '')
      if (layer === null) return
      const status = textMember(said, 'status') ?? ''
      if (/^(?:Pull complete|Already exists)/.test(status)) layer.isDone = true
      // Unpacking counts the same bytes again: only what is fetched is shown.
      if (status.startsWith('Extracting') || status.startsWith('Download complete')) layer.done = layer.total
      if (!status.startsWith('Downloading')) return
      const detail = member(said, 'progressDetail')
      layer.done = numberMember(detail, 'current') ?? layer.done
      layer.total = numberMember(detail, 'total') ?? layer.total
    },
    get progress() {
      const all = [...layers.values()]
      const counted = all.filter((layer) => layer.total !== null)
      const sum = (pick: (layer: Layer) => number): number =>
        counted.reduce((total, layer) => total + pick(layer), 0)
      return {
        doneBytes: counted.length === 0 ? null : sum((layer) => Math.min(layer.done ?? 0, layer.total ?? 0)),
        totalBytes: counted.length === 0 ? null : sum((layer) => layer.total ?? 0),
        layersDone: all.filter((layer) => layer.isDone).length,
        layers: all.length
      }
    },
    get error() {
      return error
    }
  }
}

/** 'Pulling IMAGE: 1.2 of 20.3 GiB.' */
export function pullInWords(image: string, progress: PullProgress): string {
  const { doneBytes, totalBytes, layersDone, layers } = progress
  if (doneBytes !== null && totalBytes !== null && totalBytes > 0) {
    return `Pulling ${image}: ${bytesOfBytes(doneBytes, totalBytes)}.`
  }
  return layers > 0 ? `Pulling ${image}: ${layersDone} of ${layers} layers.` : `Pulling ${image}.`
}
