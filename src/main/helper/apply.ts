import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../../shared/util/result.ts'
import type { DropIn } from './drop-ins.ts'
import { words } from './outcome.ts'
import type { Roots } from './roots.ts'
import { configuredUnits, type ConfiguredUnit } from './systemd.ts'

export interface AppliedUnit extends ConfiguredUnit {
  readonly unit: string
}

/**
 * Gives each unit that runs the values its manager has for it, and reads them back.
 *
 * systemd takes changed values from a drop-in at the unit's next start only (seen with 257: a reload leaves the cgroup
 * as it was), and these units end with the session. `systemctl set-property` would apply them, and leave files of its
 * own behind. So the number that systemd already has is written into the cgroup; the two never differ.
 */
export function applyConfigured(
  roots: Roots,
  uid: number,
  units: readonly DropIn[]
): Result<readonly AppliedUnit[], string> {
  const running = units.filter((unit) => existsSync(join(folderOf(roots, unit), 'memory.low')))
  const applied: AppliedUnit[] = []
  for (const manager of [null, uid]) {
    const mine = running.filter((unit) => unit.ofUserManager === (manager !== null))
    if (mine.length === 0) continue
    const configured = configuredUnits(
      roots,
      manager,
      mine.map(({ unit }) => unit)
    )
    if (!configured.ok) return configured
    for (const unit of mine) {
      const wanted = configured.value.get(unit.unit)
      if (wanted === undefined)
        return { ok: false, error: `systemd does not tell the values of ${unit.unit}` }
      const failure = apply(folderOf(roots, unit), wanted)
      if (failure !== null) return { ok: false, error: `${unit.unit}: ${failure}` }
      applied.push({ unit: unit.unit, ...wanted })
    }
  }
  return { ok: true, value: applied }
}

const folderOf = (roots: Roots, unit: DropIn): string => join(roots.sys, 'fs', 'cgroup', unit.cgroup)

/** What went wrong; null where the kernel has both values. */
function apply(folder: string, { min, low }: ConfiguredUnit): string | null {
  try {
    for (const [name, value] of [
      ['memory.min', min],
      ['memory.low', low]
    ] as const) {
      const path = join(folder, name)
      writeFileSync(path, `${value}\n`)
      const now = readFileSync(path, 'utf8').trim()
      if (now !== value) return `${name} is ${now} instead of ${value}`
    }
    return null
  } catch (error) {
    return words(error)
  }
}
