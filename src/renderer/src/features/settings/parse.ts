/** One folder per line; relative ones and empty lines are told apart. */
export function parseFolders(text: string): { readonly folders: string[]; readonly bad: string | null } {
  const folders = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return { folders, bad: folders.find((line) => !/^(\/|~\/)/.test(line)) ?? null }
}

/** Typed seconds within bounds: null for an empty field (the default), words for what cannot be taken. */
export function parseSeconds(
  text: string,
  [low, high]: readonly [number, number]
): { readonly value: number | null; readonly bad: null } | { readonly bad: string } {
  const plain = text.trim().replace(/\s*s(ec(onds?)?)?$/i, '')
  if (plain === '') return { value: null, bad: null }
  const value = Number(plain)
  return /^\d+$/.test(plain) && value >= low && value <= high
    ? { value, bad: null }
    : { bad: `Write a whole number: ${low} to ${high} seconds.` }
}
