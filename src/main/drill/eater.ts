import { randomFillSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { endByKernel } from './end-by-kernel.ts'

// Entry of the fire drill's process: takes memory in steps up to a bound, after 'go' on stdin, and holds it until it
// is ended. `drill-eater.js BOUND_BYTES STEP_BYTES STEP_MS`; says 'ready', 'taken BYTES' and 'full', a line each.

/** Longer than any drill; a process that was forgotten ends by itself, frozen or not. */
const LIFE_S = 120
/** First of all for the kernel's own choice (its scale ends at 1000). */
const OOM_SCORE_ADJ = '1000'
/** Random, so that no compression in memory makes it smaller; per page and not for the whole, as pages are compressed. */
const PATTERN_BYTES = 1024 ** 2

const parent = process.ppid
const [boundBytes = 0, stepBytes = 0, stepMs = 0] = process.argv.slice(2).map(Number)
const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const end = (): never => process.exit(0)

try {
  writeFileSync('/proc/self/oom_score_adj', OOM_SCORE_ADJ)
} catch {
  // Raising one's own is always allowed; without /proc there is no guard to drill either.
}
endByKernel(LIFE_S)
setTimeout(end, LIFE_S * 1000)
// The parent may have ended before the kernel was told.
if (process.ppid !== parent || !(boundBytes > 0 && stepBytes > 0 && stepMs > 0)) end()
process.stdout.on('error', end)
process.stdin.on('end', end).on('error', end)

const pattern = randomFillSync(Buffer.allocUnsafeSlow(PATTERN_BYTES))
const held: Buffer[] = []
let taken = 0

/** Touches every byte: untouched memory is only a promise. */
function take(): void {
  const size = Math.min(stepBytes, boundBytes - taken)
  const block = Buffer.allocUnsafeSlow(size)
  for (let at = 0; at < size; at += PATTERN_BYTES)
    pattern.copy(block, at, 0, Math.min(PATTERN_BYTES, size - at))
  held.push(block)
  taken += size
  say(`taken ${taken}`)
}

process.stdin.once('data', () => {
  const startedMs = performance.now()
  const timer = setInterval(() => {
    // By elapsed time, so that a busy machine changes the size of the steps' train and not its pace; one at a time,
    // so that time spent frozen is not made up for at once.
    const due = ((performance.now() - startedMs) / stepMs) * stepBytes
    if (taken < due && taken < boundBytes) take()
    if (taken < boundBytes) return
    clearInterval(timer)
    say('full')
  }, stepMs / 2)
})
say('ready')
