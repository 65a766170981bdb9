import type { CommandInput } from '../../../shared/contract/commands.ts'
import type { Settings } from '../../../shared/settings/schema.ts'
import type { GuardMode } from '../../../shared/model/status.ts'

type Sizes = Partial<Record<'reserveBytes' | 'floorBytes', number | null>>

/** What choosing a mode sends: sizes of one's own are what Custom means, every other mode has the automatic ones. */
export const modePatch = (mode: GuardMode): CommandInput<'settings.set'> =>
  mode === 'custom' ? { guard: { mode } } : { guard: { mode }, reserveBytes: null, floorBytes: null }

/** What a change of a size sends: with a size of one's own the mode is Custom, with none it is Balanced again. */
export function sizesPatch(settings: Settings | null, patch: Sizes): CommandInput<'settings.set'> {
  const { reserveBytes = null, floorBytes = null } = { ...settings, ...patch }
  const isAutomatic = reserveBytes === null && floorBytes === null
  const mode = settings?.guard.mode
  if (mode !== 'custom' && !isAutomatic) return { ...patch, guard: { mode: 'custom' } }
  if (mode === 'custom' && isAutomatic) return { ...patch, guard: { mode: 'balanced' } }
  return patch
}
