import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { whyNotRaise } from './may-raise.ts'
import { failed, refused, words, type Outcome } from './outcome.ts'
import { readProcessFacts } from './process-facts.ts'
import type { Roots } from './roots.ts'

const INIT_PID = 1

/**
 * Raises the score by which the kernel chooses whom to kill when memory runs out. Never lowers it.
 *
 * The process's folder is opened once and everything goes through that descriptor: it stays this process's even when
 * its pid is given to another between the check and the write. As root raises it, its owner cannot lower it again.
 */
export function raiseScore(
  roots: Roots,
  target: { readonly pid: number; readonly startTicks: number; readonly adj: number }
): Outcome {
  const { pid, startTicks, adj } = target
  if (pid === INIT_PID) return refused('process 1 is never touched')
  let folder: number
  try {
    folder = openSync(join(roots.proc, String(pid)), constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return refused(`there is no process ${pid}`)
  }
  const here = `/proc/self/fd/${folder}`
  try {
    const facts = readProcessFacts(here, pid)
    if (facts.startTicks !== startTicks) return refused(`process ${pid} is not the one that was meant`)
    const why = whyNotRaise(facts)
    if (why !== null) return refused(`the score of process ${pid} is left as it is: ${why}`)
    if (facts.oomScoreAdj > adj) return refused(`the score of process ${pid} is ${facts.oomScoreAdj} already`)
    writeFileSync(join(here, 'oom_score_adj'), `${adj}\n`, { flag: 'r+' })
    return { ok: true, value: `oom_score_adj of process ${pid} is ${adj}.` }
  } catch (error) {
    return failed(`the score of process ${pid} could not be raised: ${words(error)}`)
  } finally {
    closeSync(folder)
  }
}
