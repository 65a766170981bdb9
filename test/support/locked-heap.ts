import { loadKernel } from '../../src/main/sentinel/kernel.ts'
import { takeRights } from '../../src/main/sentinel/rights.ts'

// The sentinel's rights in a process whose heap grows and shrinks again and again: V8 gives pages back, and ends the
// process when the kernel refuses one. Run with --expose-gc; prints the rights it got.

const ROUNDS = 20
const OBJECTS = 40_000

const rights = takeRights(loadKernel())
for (let round = 0; round < ROUNDS; round++) {
  let kept: unknown[] | null = Array.from({ length: OBJECTS }, (_, index) => ({
    text: `x${index}`,
    list: [index]
  }))
  if (kept.length !== OBJECTS) throw new Error('never')
  kept = null
  globalThis.gc?.()
  await new Promise((done) => setTimeout(done, 5))
}
console.log(JSON.stringify(rights))
