/** When earlyoom acts, as its command line sets it. */
export interface EarlyoomOptions {
  /** SIGTERM at or below this percentage of available memory; earlyoom's default is 10. */
  readonly memoryPercent: number
  /** And only while free swap is at or below this; 100 = whatever the swap. */
  readonly swapPercent: number
  /** -M: set as a size, which earlyoom turns into a percentage of all memory at its start. */
  readonly memoryBytes: number | null
  /** -n or -N/--dryrun: it says so and does nothing. */
  readonly isDryRun: boolean
}

const DEFAULT_PERCENT = 10
const KIB = 1024
/** Short options with a value, of 1.7 and 1.8. */
const WITH_VALUE = 'msMSrNP'
const LONG_WITH_VALUE = /^--(?:prefer|avoid|ignore)$/

/** earlyoom's own arguments, the program's name not among them. Of '10,5' the first number counts (SIGTERM). */
export function parseEarlyoomOptions(args: readonly string[], memTotalBytes: number): EarlyoomOptions {
  let percent: number | null = null
  let memoryBytes: number | null = null
  let swapPercent = DEFAULT_PERCENT
  let isDryRun = false
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? ''
    if (word.startsWith('--')) {
      if (word === '--dryrun') isDryRun = true
      if (LONG_WITH_VALUE.test(word)) i++
      continue
    }
    const option = optionWithValue(word)
    if (option === null) continue
    const value = Number.parseFloat(option.value || (args[++i] ?? ''))
    if (!Number.isFinite(value) || value < 0) continue
    if (option.letter === 'm') percent = value
    if (option.letter === 's') swapPercent = value
    if (option.letter === 'M') memoryBytes = value * KIB
  }
  const ofSize = memoryBytes === null ? null : (memoryBytes / memTotalBytes) * 100
  // Where both are given, earlyoom takes the lower.
  const memoryPercent = Math.min(percent ?? ofSize ?? DEFAULT_PERCENT, ofSize ?? Infinity)
  return { memoryPercent, swapPercent, memoryBytes, isDryRun }
}

/** '-m', '-m5' and '-gm5' alike; an empty value stands in the next word. */
function optionWithValue(word: string): { readonly letter: string; readonly value: string } | null {
  if (!word.startsWith('-')) return null
  const at = [...word].findIndex((letter, index) => index > 0 && WITH_VALUE.includes(letter))
  return at < 0 ? null : { letter: word.charAt(at), value: word.slice(at + 1) }
}
