import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/** The kernel's highest: whoever has it is killed before anybody else. */
export const HIGHEST_OOM_SCORE = 1_000

/**
 * Makes a process the kernel's first choice. Raising needs no rights for one's own processes; false where it is
 * another user's, or gone.
 *
 * The kernel's killer counts resident pages, and a model's memory is in none: without this it takes the browser.
 */
export function raiseOomScore(procRoot: string, pid: number): boolean {
  const path = `${procRoot}/${pid}/oom_score_adj`
  try {
    if (Number(readFileSync(path, 'latin1')) >= HIGHEST_OOM_SCORE) return true
    const fd = openSync(path, 'r+')
    try {
      writeSync(fd, String(HIGHEST_OOM_SCORE))
    } finally {
      closeSync(fd)
    }
    return true
  } catch {
    return false
  }
}
