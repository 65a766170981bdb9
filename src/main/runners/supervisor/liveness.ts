import { NO_SUSPICION, suspect, type Suspicion } from '../../../shared/domain/liveness/suspect.ts'
import type { Reading } from '../../../shared/model/reading.ts'
import type { RunnerActivity } from '../../../shared/model/runner.ts'
import { isAskable } from './address.ts'
import type { LiveProcess } from './live-process.ts'
import type { RunnerCore } from './runner-core.ts'

/** One small HTTP exchange with each runner: enough for a figure that people watch. */
const LOOK_EVERY_MS = 3_000
const LOOK_TIMEOUT_MS = 2_000
/** A token of a big model that has to read its weights first. */
export const PROVE_TIMEOUT_MS = 30_000

/** Watches what a ready runner does, and whether it still does its work. */
export interface Liveness {
  /** Called often; looks when it is time. */
  tick(current: LiveProcess): void
  reset(): void
}

export function createLiveness(core: RunnerCore): Liveness {
  let suspicion: Suspicion = NO_SUSPICION
  let lookedMs = Number.NEGATIVE_INFINITY
  let looking = false
  let idleSinceMs: number | null = null
  let lastSpeed: Reading = 'unknown'

  const isCurrent = (current: LiveProcess): boolean =>
    core.live === current && core.state === 'ready' && !core.closing.signal.aborted

  const note = (activity: Omit<RunnerActivity, 'idleSinceMs'> | null): void => {
    const nowMs = core.deps.ports.clock.nowMs()
    if (activity === null || activity.busy !== false) idleSinceMs = null
    else idleSinceMs ??= nowMs
    if (activity === null) {
      core.activity = null
      return
    }
    const tokensPerS = speedToTell(activity, lastSpeed)
    if (typeof tokensPerS === 'number') lastSpeed = tokensPerS
    core.activity = { ...activity, tokensPerS, idleSinceMs }
  }

  const look = async (current: LiveProcess): Promise<void> => {
    const { adapter, ports } = core.deps
    const { url } = current.facts
    const activity = await adapter.activity(url, LOOK_TIMEOUT_MS)
    // One without metrics may be well all the same.
    const answers = activity !== null || (await adapter.probe(url, LOOK_TIMEOUT_MS)) === 'ready'
    if (!isCurrent(current)) return
    note(activity)
    const isBusy = typeof activity?.requestsRunning === 'number' && activity.requestsRunning > 0
    const next = suspect(suspicion, {
      nowMs: ports.clock.monotonicMs(),
      answers,
      busyWithoutTokens: isBusy && activity?.tokensPerS === 0,
      frozen: current.isFrozen
    })
    suspicion = next
    if (next.silentSinceMs === null && next.noTokensSinceMs === null) core.stuck = null
    if (!next.ask) return
    const proof = await adapter.prove(url, PROVE_TIMEOUT_MS, core.running)
    if (isCurrent(current)) core.stuck = proof.works ? null : stuckWords(proof.text)
  }

  return {
    tick(current) {
      const nowMs = core.deps.ports.clock.monotonicMs()
      if (looking || nowMs - lookedMs < LOOK_EVERY_MS) return
      // Its silence would say nothing.
      if (!isAskable(core.deps.adapter.kind, current.facts.url)) return
      lookedMs = nowMs
      looking = true
      void look(current)
        .catch((error: unknown) =>
          core.deps.ports.logger.error(`${core.profile.id} cannot be looked at`, error)
        )
        .finally(() => (looking = false))
    },
    reset() {
      suspicion = NO_SUSPICION
      lookedMs = Number.NEGATIVE_INFINITY
      idleSinceMs = null
      lastSpeed = 'unknown'
      core.activity = null
      core.stuck = null
    }
  }
}

/** At rest the last speed stays; a request to which no token has come yet has none. Never 0: that is no speed. */
export function speedToTell(
  { busy, tokensPerS }: Pick<RunnerActivity, 'busy' | 'tokensPerS'>,
  last: Reading
): Reading {
  if (tokensPerS !== 0 && tokensPerS !== 'unknown') return tokensPerS
  return busy === false ? last : 'unknown'
}

export const stuckWords = (why: string): string =>
  `It runs, but does not do its work: ${why} Start it again if it stays so.`
