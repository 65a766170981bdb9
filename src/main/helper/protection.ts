import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { applyConfigured } from './apply.ts'
import { DROP_IN_NAME, dropIns, dropInText, type Amounts, type DropIn } from './drop-ins.ts'
import { failed, refused, words, type Outcome } from './outcome.ts'
import type { Roots } from './roots.ts'
import { readOrNull, removeSystemFile, writeSystemFile } from './system-file.ts'
import { reloadManagers, whyNoSystemd } from './systemd.ts'

/** More would starve the models, and with them the reason to have the machine. */
const MOST_OF_TOTAL = 1 / 2
/** The kernel counts in pages (64 KiB at most): whole MiB come back from it unchanged. */
const MIB = 1024 ** 2
const KIB = 1024

/** Writes the drop-ins, puts them in force at once and reads back that the kernel has them. */
export function installProtection(roots: Roots, uid: number, asked: Amounts): Outcome {
  const unsupported = whyNoSystemd(roots)
  if (unsupported !== null) return refused(`no protection is possible: ${unsupported}`)
  const amounts = { lowBytes: wholeMib(asked.lowBytes), minBytes: wholeMib(asked.minBytes) }
  const outside = whyOutOfBounds(roots, amounts)
  if (outside !== null) return refused(outside)
  const units = dropIns(uid)
  try {
    for (const unit of units) {
      const path = pathOf(roots, unit)
      const text = dropInText(unit.section, amounts)
      if (readOrNull(path) !== text) writeSystemFile(path, text)
    }
  } catch (error) {
    return failed(`the protection could not be written: ${words(error)}`)
  }
  const applied = reloadAndApply(roots, uid, units)
  if (!applied.ok) return failed(`the files are written, but are not in force: ${applied.error}`)
  const overridden = applied.value.filter(
    ({ min, low }) => min !== String(amounts.minBytes) || low !== String(amounts.lowBytes)
  )
  if (overridden.length > 0) return failed(`another drop-in sets other values for ${names(overridden)}`)
  const later = applied.value.length < units.length ? '; the rest follows when its units run' : ''
  return {
    ok: true,
    value: `The desktop's memory is protected (${names(applied.value) || 'nothing runs'})${later}.`
  }
}

/** Deletes what install wrote, nothing else, and gives the running units back what they had. */
export function removeProtection(roots: Roots, uid: number): Outcome {
  const others = otherUsers(roots, uid)
  const units = dropIns(uid).filter((unit) => unit.ofUser || !others)
  try {
    for (const unit of units) removeSystemFile(pathOf(roots, unit))
  } catch (error) {
    return failed(`the protection could not be removed: ${words(error)}`)
  }
  if (whyNoSystemd(roots) !== null) return { ok: true, value: 'The files of the protection are removed.' }
  const applied = reloadAndApply(roots, uid, units)
  if (!applied.ok) return failed(`the files are removed, but still in force: ${applied.error}`)
  const rest = others ? '; another user keeps the part that is shared' : ''
  return { ok: true, value: `The protection of the desktop's memory is removed${rest}.` }
}

const pathOf = (roots: Roots, unit: DropIn): string => join(roots.etc, 'systemd', unit.folder, DROP_IN_NAME)

const wholeMib = (bytes: number): number => Math.floor(bytes / MIB) * MIB

const names = (units: readonly { readonly unit: string }[]): string =>
  units.map(({ unit }) => unit).join(', ')

function reloadAndApply(
  roots: Roots,
  uid: number,
  units: readonly DropIn[]
): ReturnType<typeof applyConfigured> {
  const reloaded = reloadManagers(roots)
  return reloaded.ok ? applyConfigured(roots, uid, units) : reloaded
}

function whyOutOfBounds(roots: Roots, { lowBytes, minBytes }: Amounts): string | null {
  const text = readOrNull(join(roots.proc, 'meminfo')) ?? ''
  const totalBytes = Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1]) * KIB
  if (!Number.isSafeInteger(totalBytes)) return 'the size of memory could not be read'
  if (minBytes < MIB || minBytes > lowBytes) return '--min must be from 1 MiB to --low'
  if (lowBytes > totalBytes * MOST_OF_TOTAL) return '--low must be at most half of memory'
  return null
}

/** Whether the shared drop-ins still serve somebody else. */
function otherUsers(roots: Roots, uid: number): boolean {
  const folder = join(roots.etc, 'systemd', 'system')
  const own = `user-${uid}.slice.d`
  try {
    return readdirSync(folder).some(
      (name) =>
        /^user-\d+\.slice\.d$/.test(name) &&
        name !== own &&
        readOrNull(join(folder, name, DROP_IN_NAME)) !== null
    )
  } catch {
    return false
  }
}
