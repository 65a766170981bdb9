/** Last part of a path, or the path itself where it has none. */
export const baseName = (path: string): string => path.split('/').findLast((part) => part !== '') ?? path

/** A path that fits: its end is what tells models apart, so the front gives way. */
export function shortPath(path: string, maxChars: number): string {
  return path.length <= maxChars ? path : `…${path.slice(path.length - maxChars + 1)}`
}

/** 'Qwen3-32B-Q4_K_M' of '/models/Qwen3-32B-Q4_K_M.gguf'. */
export const modelName = (path: string): string => baseName(path).replace(/\.gguf$/i, '')

/** Longest id the contract takes. */
const MAX_ID = 64

/** An id from a name: lower-case letters, digits, dot, dash, underscore; 'model' where nothing is left. */
export function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, MAX_ID)
  return plain === '' ? 'model' : plain
}

/** `wanted`, or with -2, -3 … behind it until nobody has it. */
export function freeId(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted
  for (let n = 2; ; n += 1) {
    const suffix = `-${n}`
    const candidate = `${wanted.slice(0, MAX_ID - suffix.length)}${suffix}`
    if (!taken.has(candidate)) return candidate
  }
}

/** The machine's model, which firmware and containers may not tell. */
export const machineName = (model: string): string =>
  model === '' || model === 'unknown' ? 'This machine' : model
