import { execFile } from 'node:child_process'

/** x86-64's only one, and that of most arm64 kernels. */
const USUAL_PAGE_BYTES = 4096
const GETCONF_TIMEOUT_MS = 2_000

/** Bytes of a memory page; Node has no call for it. 4096 when getconf does not say. */
export function readPageSize(): Promise<number> {
  return new Promise((resolve) => {
    execFile(
      'getconf',
      ['PAGESIZE'],
      { timeout: GETCONF_TIMEOUT_MS, killSignal: 'SIGKILL' },
      (error, out) => {
        const text = out.trim()
        resolve(error === null && /^[1-9]\d*$/.test(text) ? Number(text) : USUAL_PAGE_BYTES)
      }
    )
  })
}
