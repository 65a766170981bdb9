import { parseSplitName } from './split-name.ts'

/** What browsers, LM Studio, llama.cpp and Hugging Face's tools append to a download that goes on. */
const UNFINISHED = /\.(?:incomplete|part|partial|downloadinprogress|crdownload|tmp)$/i
/** LM Studio also says it in front. */
const UNFINISHED_FRONT = /^downloading_/i
/** aria2 keeps this beside a file that it still fetches. */
const UNFINISHED_BESIDE = '.aria2'

/** One model in a folder, by the names of its files. */
export interface GgufNames {
  /** What people call it. */
  readonly stem: string
  /** As they are to be loaded: the first part first. At least one. */
  readonly files: readonly string[]
  /** Files it should have. */
  readonly parts: number
  readonly isPartial: boolean
}

interface Group {
  readonly stem: string
  readonly parts: number
  readonly files: { readonly name: string; readonly part: number; readonly isWhole: boolean }[]
}

/** Groups the files of one folder into models; vision projectors are none. */
export function groupGgufNames(names: readonly string[]): readonly GgufNames[] {
  const all = new Set(names)
  const groups = new Map<string, Group>()
  for (const name of names) {
    const base = name.replace(UNFINISHED, '').replace(UNFINISHED_FRONT, '')
    if (!/\.gguf$/i.test(base) || isProjector(base)) continue
    const isWhole = base === name && !all.has(name + UNFINISHED_BESIDE)
    const split = parseSplitName(base)
    const stem = split?.stem ?? base.replace(/\.gguf$/i, '')
    const parts = Math.max(1, split?.parts ?? 1)
    // A model and a download of the same name that goes on are two; parts of a split one belong together.
    const key = split === null ? `${isWhole ? '' : name}/${stem}` : `${split.parts}/${stem}`
    const group = groups.get(key) ?? { stem, parts, files: [] }
    groups.set(key, group)
    group.files.push({ name, part: split?.part ?? 1, isWhole })
  }
  return [...groups.values()].map(({ stem, parts, files }) => {
    const ordered = files.toSorted((a, b) => a.part - b.part || Number(b.isWhole) - Number(a.isWhole))
    const whole = new Set(ordered.filter((file) => file.isWhole).map((file) => file.part))
    return {
      stem,
      parts,
      files: ordered.map(({ name }) => name),
      isPartial: Array.from({ length: parts }, (_, index) => index + 1).some((part) => !whole.has(part))
    }
  })
}

export const isProjector = (name: string): boolean => /mmproj/i.test(name) && /\.gguf$/i.test(name)

/** How a model was stored, in its name: 'Q4_K_M', 'UD-IQ2_XXS', 'bf16'. Two files that differ only in it are one model. */
const HOW_STORED =
  /(?<=^|[-_.])(?:(?:ud[-_])?i?q\d(?:_(?:\d|k|s|m|l|xl|xs|xxs|nl))*|bf16|f16|f32|fp16|fp32|mxfp4|nvfp4)(?=$|[-_.])/gi
/** These name no model. */
const EMPTY_WORDS = new Set(['', 'mmproj', 'model', 'gguf'])
/** Some are better than none; a folder with more projectors than that has no order to find. */
const MOST_PROJECTORS = 64

/** Finds the projector that belongs to a model of the same folder, by its name; null where none does. */
export function projectorFinder(
  names: readonly string[],
  models: readonly GgufNames[]
): (stem: string) => string | null {
  const projectors = names
    .filter(isProjector)
    .toSorted()
    .slice(0, MOST_PROJECTORS)
    .map((name) => ({ name, words: wordsOf(name.replace(/\.gguf$/i, '')) }))
  if (projectors.length === 0) return () => null
  const isOneModel = new Set(models.map(({ stem }) => wordsOf(stem).join(' '))).size === 1
  return (stem) => {
    const own = new Set(wordsOf(stem))
    let best: { readonly name: string; readonly shared: number } | null = null
    for (const { name, words } of projectors) {
      // 'mmproj-F16.gguf' names no model: it is for the only one there is.
      const fits = words.length === 0 ? isOneModel : words.every((word) => own.has(word))
      if (fits && (best === null || words.length > best.shared)) best = { name, shared: words.length }
    }
    return best?.name ?? null
  }
}

const wordsOf = (stem: string): readonly string[] =>
  stem
    .replaceAll(HOW_STORED, '')
    .toLowerCase()
    .split(/[^a-z0-9.]+/)
    .filter((word) => !EMPTY_WORDS.has(word))
