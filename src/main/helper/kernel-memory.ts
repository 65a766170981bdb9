import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { failed, words, type Outcome } from './outcome.ts'
import type { Roots } from './roots.ts'

/** Page cache and reclaimable slabs (bits 1 and 2). Dirty pages stay until they are written. */
const DROP_ALL = '3\n'
const COMPACT_ALL = '1\n'

export function dropCaches(roots: Roots): Outcome {
  return poke(roots, 'drop_caches', DROP_ALL, 'The file cache was dropped.')
}

/** Moves pages together so that larger free blocks appear; frees nothing. */
export function compactMemory(roots: Roots): Outcome {
  return poke(roots, 'compact_memory', COMPACT_ALL, 'Free memory was compacted.')
}

/** These files may only be written, not read; and none is made where the kernel has none. */
function poke(roots: Roots, name: string, text: string, done: string): Outcome {
  const path = join(roots.proc, 'sys', 'vm', name)
  try {
    const fd = openSync(path, constants.O_WRONLY)
    try {
      writeSync(fd, text)
    } finally {
      closeSync(fd)
    }
    return { ok: true, value: done }
  } catch (error) {
    return failed(`${path} could not be written: ${words(error)}`)
  }
}
