/** A split model's parts are named 'x-00001-of-00003.gguf'; llama.cpp is given the first and finds the rest. */
const SPLIT_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i

export interface SplitName {
  readonly stem: string
  readonly part: number
  readonly parts: number
}

/** Parses a file's base name or path; null for a model in one file. */
export function parseSplitName(path: string): SplitName | null {
  const match = SPLIT_NAME.exec(path)
  if (match === null) return null
  const [, stem = '', part = '', parts = ''] = match
  return { stem, part: Number(part), parts: Number(parts) }
}

export function splitPartPath(name: SplitName, part: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0')
  return `${name.stem}-${digits(part)}-of-${digits(name.parts)}.gguf`
}

/** All parts, the first one first. */
export const splitPartPaths = (name: SplitName): readonly string[] =>
  Array.from({ length: name.parts }, (_, index) => splitPartPath(name, index + 1))
