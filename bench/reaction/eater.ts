// Takes memory at a steady rate and says when: one JSON command per line on stdin, one JSON answer per line on stdout.
import { createInterface } from 'node:readline'
import koffi from 'koffi'
import { createReadings } from '../../src/main/sentinel/readings.ts'

export interface Descent {
  readonly rateMibPerS: number
  readonly depthMib: number
}
/** Monotonic ms and what was available just after each step. */
export type Timeline = readonly (readonly [atMs: number, availableBytes: number])[]

const MIB = 1024 ** 2
/** Nothing is ever taken beyond this. */
const BOUND_MIB = 2_048
/** Small against the distance between two thresholds, and a step is touched in about a millisecond. */
const EVERY_MS = 3
/** asm-generic/mman-common.h */
const MADV_DONTNEED = 4

const madvise = koffi.load(null).func('int madvise(void *addr, size_t length, int advice)')
// Reserved once; its pages come with the first touch and go with madvise, so that no collector has a part in it.
const reserved = Buffer.allocUnsafeSlow((BOUND_MIB + 1) * MIB)
const address = Number(koffi.address(reserved) % BigInt(MIB))
// madvise takes whole pages; a MiB is a multiple of any page.
const memory = reserved.subarray(MIB - address, MIB - address + BOUND_MIB * MIB)
const readings = createReadings('/proc')
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6
const availableBytes = (): number => readings.take(monotonicMs(), 'fresh')?.availableBytes ?? Number.NaN

function descend({ rateMibPerS, depthMib }: Descent, done: (timeline: Timeline) => void): void {
  const depth = Math.min(depthMib, BOUND_MIB) * MIB
  const timeline: [number, number][] = [[monotonicMs(), availableBytes()]]
  const beganMs = monotonicMs()
  let taken = 0
  const step = (): void => {
    // By the time that has passed, not by steps: on a busy machine steps come late.
    const wanted = Math.min(depth, Math.floor(((monotonicMs() - beganMs) / 1_000) * rateMibPerS * MIB))
    while (taken < wanted) {
      const to = Math.min(wanted, taken + MIB)
      memory.fill(1, taken, to)
      taken = to
      timeline.push([monotonicMs(), availableBytes()])
    }
    if (taken >= depth) done(timeline)
    else setTimeout(step, EVERY_MS)
  }
  step()
}

const say = (answer: unknown): void => void process.stdout.write(`${JSON.stringify(answer)}\n`)
createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line) as Descent | 'free'
  if (command === 'free') {
    if (madvise(memory, memory.length, MADV_DONTNEED) !== 0) throw new Error('memory cannot be given back')
    say({ availableBytes: availableBytes() })
  } else descend(command, (timeline) => say({ timeline }))
})
say({ availableBytes: availableBytes() })
