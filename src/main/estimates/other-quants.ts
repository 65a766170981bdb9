import type { ModelOnDisk } from '../models/types.ts'

/** More of them are not looked into. */
const MOST_CANDIDATES = 12
/** 'Q4_K_M', 'UD-IQ2_XXS', 'MXFP4', 'BF16', 'FP8' …: how makers of GGUF files and repositories name them. */
const QUANT =
  /[-._ ](?:UD[-_])?(?:I?Q\d(?:_[0-9A-Z]{1,4}){0,3}|TQ\d_\d|MXFP4(?:_MOE)?|NVFP4|FP?(?:4|8|16|32)|BF16|AWQ|GPTQ|INT[48]|[48]bit)(?=$|[-._ ])/gi

/** A model's name without what says how it is quantised. */
export const baseName = (label: string): string => label.replaceAll(QUANT, '').toLowerCase()

/** Smaller files of the same model on this machine, the largest first. */
export function otherQuants(path: string, models: readonly ModelOnDisk[]): readonly ModelOnDisk[] {
  const own = models.find((model) => model.path === path)
  if (own === undefined) return []
  const base = baseName(own.label)
  return models
    .filter(
      (model) =>
        model.format === own.format &&
        !model.isPartial &&
        model.sizeBytes < own.sizeBytes &&
        baseName(model.label) === base
    )
    .toSorted((one, other) => other.sizeBytes - one.sizeBytes)
    .slice(0, MOST_CANDIDATES)
}
