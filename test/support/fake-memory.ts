import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const KIB = 1024
const MIB = 1024 ** 2

/** A proc folder whose memory a test sets, in one write, as through the kernel: a reader never sees half of it. */
export interface FakeMemory {
  readonly procRoot: string
  set(availableMib: number): void
  /** Falls from where it is, by equal steps, until `toMib`, the next `set`, or nobody takes any more. */
  fall(toMib: number, mibPerS: number, isTaking?: () => boolean): Promise<void>
  remove(): void
}

const STEP_MS = 20

export function fakeMemory(totalMib: number, availableMib: number): FakeMemory {
  const procRoot = mkdtempSync(join(tmpdir(), 'fake-proc-'))
  mkdirSync(join(procRoot, 'pressure'))
  writeFileSync(
    join(procRoot, 'pressure', 'memory'),
    'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'
  )
  const fd = openSync(join(procRoot, 'meminfo'), 'w')
  let now = availableMib
  let sets = 0
  const write = (mib: number): void => {
    now = mib
    const kib = (value: number): string => String(Math.round((value * MIB) / KIB)).padStart(12)
    writeSync(fd, `MemTotal:${kib(totalMib)} kB\nMemFree:${kib(mib)} kB\nMemAvailable:${kib(mib)} kB\n`, 0)
  }
  write(availableMib)
  return {
    procRoot,
    set(mib) {
      sets++
      write(mib)
    },
    async fall(toMib, mibPerS, isTaking = () => true) {
      const own = ++sets
      const began = performance.now()
      const from = now
      for (;;) {
        await new Promise((done) => setTimeout(done, STEP_MS))
        if (sets !== own || !isTaking()) return
        write(Math.max(toMib, from - (mibPerS * (performance.now() - began)) / 1_000))
        if (now <= toMib) return
      }
    },
    remove() {
      sets++
      closeSync(fd)
      rmSync(procRoot, { recursive: true, force: true })
    }
  }
}
