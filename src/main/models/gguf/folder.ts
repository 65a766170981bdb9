import { groupGgufNames, projectorFinder } from '../gguf-names.ts'

/** What the names in a folder say of the GGUF models in it. */
export interface GgufFolder {
  /** By the name of each model's first file. */
  readonly stemOf: ReadonlyMap<string, string>
  readonly projectorOf: (stem: string) => string | null
}

export function ggufFolder(names: readonly string[]): GgufFolder {
  const groups = groupGgufNames(names)
  return {
    stemOf: new Map(groups.map(({ stem, files }) => [files[0] ?? '', stem])),
    projectorOf: projectorFinder(names, groups)
  }
}
