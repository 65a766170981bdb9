import { execFileSync } from 'node:child_process'
import { parsePageSize } from './auxv.parse.ts'
import { readOnce } from './read-once.ts'

const SMALLEST_PAGE_BYTES = 4096
const GETCONF_TIMEOUT_MS = 2_000

/**
 * The kernel's page size, which the counts in stat and zoneinfo are in; arm64 kernels may use 64 KiB.
 *
 * From the auxiliary vector; else `getconf`; else 4 KiB, the size on x64 and Ubuntu's default on arm64.
 */
export function readPageSize(procRoot: string): number {
  const auxv = readOnce(`${procRoot}/self/auxv`)
  const size = auxv === 'unknown' ? 'unknown' : parsePageSize(auxv)
  if (size !== 'unknown') return size
  try {
    const said = Number(
      execFileSync('getconf', ['PAGESIZE'], { timeout: GETCONF_TIMEOUT_MS, encoding: 'latin1' })
    )
    return said >= SMALLEST_PAGE_BYTES ? said : SMALLEST_PAGE_BYTES
  } catch {
    return SMALLEST_PAGE_BYTES
  }
}
