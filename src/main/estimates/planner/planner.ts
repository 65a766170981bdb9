import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LlamaCppProfile } from '../../../shared/model/runner.ts'
import type { Clock } from '../../platform/ports.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import { plannerArguments } from './arguments.ts'
import { parsePlan, type Plan } from './parse-plan.ts'
import { runPlanner } from './run-planner.ts'

const PROGRAM = 'llama-fit-params'
/** It reads a header and builds graphs: 0.1 s on a processor alone, 1 to 2 s where it opens a GPU. */
const RUN_TIMEOUT_MS = 5_000
/** One that did not answer holds up others for as long again: it is left alone for a while. */
const LEFT_ALONE_MS = 60_000
/** A slider makes many; older ones are asked for again. */
const MOST_KEPT = 200

/** absent: there is none beside the server, or it cannot say. */
export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly why: string }

/** llama.cpp's own planner of the user's build. Disposing ends one that runs. */
export interface Planner extends Disposable {
  /** Settles within its deadline, never throws; one process at a time, each answer kept. */
  ask(profile: LlamaCppProfile): Promise<Planned>
}

const LEFT_ALONE: Planned = {
  kind: 'failed',
  why: 'it did not answer a moment ago and is not asked again yet'
}

export function createPlanner(options: {
  /** The llama-server that the profile would be launched with; null: there is none. */
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly serverOf: (profile: LlamaCppProfile) => Promise<string | null>
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs?: number
}): Planner {
  const { clock, serverOf, env, timeoutMs = RUN_TIMEOUT_MS } = options
  const closing = new AbortController()
  const kept = new Map<string, Promise<Planned>>()
  let last: Promise<unknown> = Promise.resolve()
  /** By profile: what was asked last, whatever was looked up first. */
  const newest = new Map<string, { readonly question: number; readonly key: string }>()
  let questions = 0

  /** Programs that did not answer, and when, monotonic. */
  const silent = new Map<string, number>()

  const isLeftAlone = (program: string): boolean =>
    clock.monotonicMs() - (silent.get(program) ?? Number.NEGATIVE_INFINITY) < LEFT_ALONE_MS

  const run = async (
    file: string,
    program: string,
    args: readonly string[],
    isWanted: () => boolean
  ): Promise<Planned> => {
    if (!isWanted()) return { kind: 'failed', why: 'a newer question took its place' }
    if (isLeftAlone(program)) return LEFT_ALONE
    const ran = await runPlanner(file, args, { env, timeoutMs, signal: closing.signal })
    if (ran.kind === 'late') silent.set(program, clock.monotonicMs())
    if (ran.kind !== 'answered') return { kind: 'failed', why: ran.why }
    const plan = parsePlan(ran.stdout)
    return plan === null ? { kind: 'failed', why: 'its answer was not understood' } : { kind: 'plan', plan }
  }
  const ask = async (profile: LlamaCppProfile): Promise<Planned> => {
    const question = ++questions
    const args = plannerArguments(profile)
    if (args === null || profile.container !== null) return { kind: 'absent' }
    const server = await serverOf(profile)
    if (server === null) return { kind: 'absent' }
    const file = join(dirname(server), PROGRAM)
    const [program, model] = await Promise.all([stampOf(file), stampOf(profile.modelPath)])
    if (program === null || model === null) return { kind: 'absent' }
    const key = JSON.stringify([file, program, model, args])
    const known = kept.get(key)
    if (known !== undefined) return known
    const build = `${file}:${program}`
    if (isLeftAlone(build)) return LEFT_ALONE
    // One after the other; of a slider that moves, only where it stands by then is asked for.
    if (question > (newest.get(profile.id)?.question ?? 0)) newest.set(profile.id, { question, key })
    const answer = last.then(() => run(file, build, args, () => newest.get(profile.id)?.key === key))
    last = answer
    kept.set(key, answer)
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break
      kept.delete(oldest)
    }
    // What failed may have failed by the load of the machine; it is asked again the next time.
    const planned = await answer
    if (planned.kind !== 'plan') kept.delete(key)
    if (newest.get(profile.id)?.key === key) newest.delete(profile.id)
    return planned
  }
  return {
    ask: (profile) =>
      ask(profile).catch((error: unknown) => ({
        kind: 'failed',
        why: error instanceof Error ? error.message : String(error)
      })),
    dispose: () => closing.abort()
  }
}

/** What tells one file from its successor; null: no file. */
async function stampOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true ? `${found.mtimeMs}:${found.size}:${found.ino}` : null
}
