import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Conflict } from '../../shared/model/guard.ts'
import type { ConflictRoots } from './conflict-roots.ts'
import type { NamedProcess } from './named-processes.ts'
import { readText } from './read-text.ts'
import { parseUnitSettings } from './unit-file.parse.ts'

export function nohangConflicts(running: readonly NamedProcess[]): readonly Conflict[] {
  const process = running.find(({ name }) => name === 'nohang')
  if (process === undefined) return []
  const unit = process.args.some((arg) => arg.includes('nohang-desktop')) ? 'nohang-desktop' : 'nohang'
  return [
    {
      id: 'nohang',
      severity: 'warning',
      title: 'nohang runs beside Firebreak',
      text:
        'It chooses by memory that programs hold themselves; GPU memory is not in it, so an innocent program may go ' +
        'before a model. It acts on memory pressure too, which a model that loads well can cause.',
      whatToDo: 'Let one guard do it: switch nohang off while Firebreak guards.',
      commands: [`sudo systemctl disable --now ${unit}`]
    }
  ]
}

const OOMD = 'systemd-oomd'
/** Units in which distributions switch systemd-oomd on for desktops. */
const MANAGED_UNITS = ['user@.service', 'user.slice', 'system.slice', '-.slice'] as const

/** systemd-oomd where it runs, or will after the next start. */
export function oomdConflicts(roots: ConflictRoots, running: readonly NamedProcess[]): readonly Conflict[] {
  const runs = running.some(({ name }) => name === OOMD)
  if (!runs && !isEnabled(roots)) return []
  const managed = MANAGED_UNITS.flatMap((unit) => managedWords(roots, unit))
  const kills = managed.length > 0
  return [
    {
      id: 'systemd-oomd',
      severity: runs && kills ? 'warning' : 'info',
      title: runs ? 'systemd-oomd runs beside Firebreak' : 'systemd-oomd will run after the next start',
      text:
        'It sees no GPU memory: it waits for programs to be slowed down for long, and then ends a whole control ' +
        'group, which may be a terminal with all in it, a browser or the session. ' +
        (kills ? `Set here: ${managed.join('; ')}.` : 'No unit is given to it here.'),
      whatToDo: 'Let one guard do it: switch systemd-oomd off while Firebreak guards.',
      commands: ['sudo systemctl mask --now systemd-oomd.service systemd-oomd.socket']
    }
  ]
}

function isEnabled({ etcRoot }: ConflictRoots): boolean {
  const system = join(etcRoot, 'systemd', 'system')
  const unit = join(system, `${OOMD}.service`)
  if (linkTarget(unit) === '/dev/null') return false
  return linkTarget(join(system, 'multi-user.target.wants', `${OOMD}.service`)) !== null
}

/** 'user@.service: memory pressure over 50 %', from the unit's own file and its drop-ins; later folders win. */
function managedWords(roots: ConflictRoots, unit: string): readonly string[] {
  const folders = [roots.usrRoot, roots.runRoot, roots.etcRoot].map((root) =>
    join(root, root === roots.usrRoot ? 'lib/systemd/system' : 'systemd/system')
  )
  const files = [
    ...folders.map((folder) => join(folder, unit)),
    ...dropIns(folders.map((folder) => join(folder, `${unit}.d`)))
  ]
  const set = new Map(files.flatMap((path) => [...parseUnitSettings(readText(path) ?? '')]))
  const limit = set.get('ManagedOOMMemoryPressureLimit')
  const pressure = set.get('ManagedOOMMemoryPressure') === 'kill'
  const swap = set.get('ManagedOOMSwap') === 'kill'
  return [
    ...(pressure ? [`${unit}: memory pressure${limit ? ` over ${limit}` : ''}`] : []),
    ...(swap ? [`${unit}: swap nearly full`] : [])
  ]
}

/** In systemd's order: by name, and of the same name only the file of the last folder. */
function dropIns(folders: readonly string[]): readonly string[] {
  const byName = new Map<string, string>()
  for (const folder of folders) {
    const names = existsSync(folder) ? readdirSync(folder) : []
    for (const name of names) if (name.endsWith('.conf')) byName.set(name, join(folder, name))
  }
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
