import type { CommandOutput } from '../../../src/shared/contract/commands.ts'

type FoundModel = CommandOutput<'models.list'>['models'][number]

/** A model on disk with what matters of it; the rest is that of a GGUF file in a folder. */
export const onDisk = (
  over: Partial<FoundModel> & Pick<FoundModel, 'path' | 'label' | 'sizeBytes'>
): FoundModel => ({
  format: 'gguf',
  store: 'folder',
  repository: null,
  mmprojPath: null,
  parts: 1,
  isPartial: false,
  ...over
})
