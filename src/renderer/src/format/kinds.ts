import type { LedgerKind } from '../../../shared/model/ledger.ts'
import type { MemoryTopology } from '../../../shared/model/gpu.ts'
import { assertNever } from '../../../shared/util/assert-never.ts'

/** One sentence per kind of memory holder, for people who meet the word for the first time. */
export function kindWords(kind: LedgerKind, topology: MemoryTopology): string {
  switch (kind) {
    case 'runner':
      return 'A model that Firebreak started.'
    case 'process':
      return 'A program of its own, not started by Firebreak.'
    case 'desktop':
      return 'Shell, browser and the rest of the session: what the firebreak protects.'
    case 'other':
      return 'Every other program, too small for a line of its own.'
    case 'shared':
      return 'Shared memory and temporary files kept in memory.'
    case 'hugepages':
      return 'Set aside as huge pages; nobody else can use it.'
    case 'kernel':
      return 'The kernel’s own tables and buffers.'
    case 'unattributed':
      return topology === 'unified' || topology === 'amd-apu'
        ? 'Held by the GPU driver for no program that can be named.'
        : 'In no field of the kernel’s books and in no program that can be named.'
    case 'cache':
      return 'Copies of files. The kernel gives this back as soon as someone needs memory.'
    case 'free':
      return 'Not used by anyone.'
    default:
      return assertNever(kind)
  }
}

/** The word in the second line of a row. */
export function kindLabel(kind: LedgerKind): string {
  switch (kind) {
    case 'runner':
      return 'model'
    case 'process':
      return 'program'
    case 'desktop':
      return 'desktop session'
    case 'other':
      return 'small programs together'
    case 'shared':
      return 'shared memory'
    case 'hugepages':
      return 'reserved'
    case 'kernel':
      return 'system'
    case 'unattributed':
      return 'GPU driver or unknown'
    case 'cache':
      return 'given back when needed'
    case 'free':
      return 'free'
    default:
      return assertNever(kind)
  }
}
