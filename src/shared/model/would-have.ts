import type { GuardActionKind, GuardEvent } from './guard.ts'

/** How people call what a decision names, as the end of 'Would have …'. */
const ACTS: Readonly<Record<GuardActionKind, (who: string) => string>> = {
  shrink: (who) => `asked ${who} to give back memory`,
  freeze: (who) => `paused ${who}`,
  thaw: (who) => `let ${who} go on`,
  terminate: (who) => `stopped ${who}`,
  kill: (who) => `stopped ${who}`
}
/** The first reason of an event of observe mode names the act: 'Would freeze big.' */
const NAMED_ACT = /^Would (shrink|freeze|thaw|terminate|kill) /

/** 'paused big': the act that observe mode left undone; where the event does not name it, a stop. */
export function undoneAct({ reasons }: Pick<GuardEvent, 'reasons'>, who: string): string {
  const kind = reasons.map((reason) => NAMED_ACT.exec(reason)?.[1]).find((one) => one !== undefined)
  return ACTS[(kind ?? 'terminate') as GuardActionKind](who)
}

/** The reasons that are causes: without the one that names the act. */
export const causesOf = (reasons: readonly string[]): readonly string[] =>
  reasons.filter((reason) => !NAMED_ACT.test(reason))
