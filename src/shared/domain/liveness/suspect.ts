/** How long a server may say nothing before it is asked for a piece of work: a long prompt blocks some for seconds. */
const SILENT_MS = 30_000
/** How long requests may run without one token: the first token of a very long prompt takes this long at most. */
const NO_TOKENS_MS = 120_000
/** Between two questions to one that is under suspicion: each costs a token. */
const ASK_AGAIN_MS = 60_000

/** One look at a runner that is ready. */
export interface Look {
  readonly nowMs: number
  /** It answered something. */
  readonly answers: boolean
  /** Requests run, and no token comes; false where that is not known. */
  readonly busyWithoutTokens: boolean
  /** It is paused: nothing can be expected of it. */
  readonly frozen: boolean
}

export interface Suspicion {
  readonly silentSinceMs: number | null
  readonly noTokensSinceMs: number | null
  readonly askedAtMs: number | null
}

export const NO_SUSPICION: Suspicion = { silentSinceMs: null, noTokensSinceMs: null, askedAtMs: null }

/**
 * Whether it should be asked for a real piece of work now, to know whether it is stuck.
 *
 * A server can answer 200 on its health page and make no tokens, or be deadlocked at idle power; only work tells. What
 * looks well is never asked, since each question takes a place in its queue.
 */
export function suspect(before: Suspicion, look: Look): Suspicion & { readonly ask: boolean } {
  if (look.frozen) return { ...NO_SUSPICION, ask: false }
  const silentSinceMs = look.answers ? null : (before.silentSinceMs ?? look.nowMs)
  const noTokensSinceMs = look.busyWithoutTokens ? (before.noTokensSinceMs ?? look.nowMs) : null
  const isLong = (sinceMs: number | null, ms: number): boolean =>
    sinceMs !== null && look.nowMs - sinceMs >= ms
  const looksStuck = isLong(silentSinceMs, SILENT_MS) || isLong(noTokensSinceMs, NO_TOKENS_MS)
  const ask = looksStuck && (before.askedAtMs === null || look.nowMs - before.askedAtMs >= ASK_AGAIN_MS)
  const askedAtMs = ask
    ? look.nowMs
    : silentSinceMs === null && noTokensSinceMs === null
      ? null
      : before.askedAtMs
  return { silentSinceMs, noTokensSinceMs, askedAtMs, ask }
}
