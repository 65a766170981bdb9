import type { GuardAsk } from '../../shared/model/guard.ts'
import type { Watch, WatchStatus } from '../sentinel/protocol.ts'
import type { Party } from './candidates.ts'
import type { SentinelLink } from './sentinel-link.ts'
import { askText } from './words.ts'

/** The countdown is told anew each second; a moment that differs by less is the same one. */
const SAME_MOMENT_MS = 1_500

/** The question that is open, with the moment at which the guard acts by itself. */
export interface Asks {
  /** The sentinel told its state. */
  settle(nowMs: number): void
  /** `reasons`: of the main watch. */
  view(parties: readonly Party[], reasons: readonly string[]): GuardAsk | null
}

export function createAsks(link: Pick<SentinelLink, 'watch'>, extras: ReadonlyMap<string, Watch>): Asks {
  let settled: { readonly key: string; readonly actsAtMs: number | null } | null = null

  const current = (): { watchId: string; ask: NonNullable<WatchStatus['ask']> } | null => {
    for (const watchId of ['main', ...extras.keys()]) {
      const ask = link.watch(watchId)?.ask ?? null
      if (ask !== null) return { watchId, ask }
    }
    return null
  }

  return {
    settle(nowMs) {
      const now = current()
      if (now === null) {
        settled = null
        return
      }
      const { actsInMs, victimId, stage } = now.ask
      const key = `${now.watchId} ${victimId} ${stage}`
      const actsAtMs = actsInMs === null ? null : Math.round(nowMs + actsInMs)
      const isSame =
        settled?.key === key &&
        (actsAtMs === null
          ? settled.actsAtMs === null
          : settled.actsAtMs !== null && Math.abs(settled.actsAtMs - actsAtMs) < SAME_MOMENT_MS)
      if (!isSame) settled = { key, actsAtMs }
    },
    view(parties, reasons) {
      const now = current()
      if (now === null) return null
      const { watchId, ask } = now
      const known = parties.find(({ id }) => id === ask.victimId)
      const armed = extras.get(watchId)?.victims.find(({ id }) => id === ask.victimId)
      const victimBytes = known === undefined ? (armed?.bytes ?? 0) : known.gpuBytes + known.hostBytes
      const why = watchId === 'main' ? reasons : (link.watch(watchId)?.reasons ?? [])
      return {
        watchId,
        victimId: ask.victimId,
        label: ask.label,
        stage: ask.stage,
        text: askText(ask.stage, ask.label, victimBytes, why),
        actsAtMs: settled?.actsAtMs ?? null,
        victimBytes
      }
    }
  }
}
