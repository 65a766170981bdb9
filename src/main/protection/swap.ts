import { join } from 'node:path'
import type { Conflict } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import type { ConflictRoots } from './conflict-roots.ts'
import type { ConflictMemory } from './memory.parse.ts'
import { readText } from './read-text.ts'
import { parseSwaps, type SwapArea } from './swaps.parse.ts'

/** The kernel's default is 60; 10 is what users of these machines settled on: programs stay in memory for longer. */
const CALM_SWAPPINESS = 10

/** Swap, and how readily it is used. Nothing without swap: swappiness then does nothing. */
export function swapConflicts(
  roots: ConflictRoots,
  { availableBytes }: ConflictMemory,
  isUnified: boolean
): readonly Conflict[] {
  const areas = parseSwaps(readText(join(roots.procRoot, 'swaps')) ?? '')
  const totalBytes = areas.reduce((sum, area) => sum + area.sizeBytes, 0)
  if (totalBytes === 0) return []
  const usedBytes = areas.reduce((sum, area) => sum + area.usedBytes, 0)
  const tight = isKnown(availableBytes) && usedBytes > availableBytes
  const used = usedBytes > 0 ? `, ${bytesInWords(usedBytes)} of it in use` : ''
  const swap: Conflict = {
    id: 'swap',
    severity: isUnified ? 'warning' : 'info',
    title: `Swap is on: ${bytesInWords(totalBytes)}`,
    text:
      `${areas.map(areaInWords).join(', ')}${used}. ` +
      (isUnified
        ? 'Where the GPU shares memory, a model pushes programs out into swap: taking too much then freezes the ' +
          'machine for minutes instead of failing at once. '
        : '') +
      'Firebreak counts available memory only, never swap.',
    whatToDo:
      (tight
        ? 'Stop models first: more is in swap than fits into memory now. '
        : 'Switch it off; it comes back at the next start unless its line in /etc/fstab goes too. ') +
      'Or keep it and set vm.swappiness to 10.',
    commands: [...areas.map(({ path }) => `sudo swapoff ${quoted(path)}`), 'sudoedit /etc/fstab']
  }
  return [swap, ...swappinessConflicts(roots)]
}

function swappinessConflicts(roots: ConflictRoots): readonly Conflict[] {
  const text = readText(join(roots.procRoot, 'sys', 'vm', 'swappiness'))
  const swappiness = Number(text?.trim() || Number.NaN)
  if (!(swappiness > CALM_SWAPPINESS)) return []
  return [
    {
      id: 'swappiness',
      severity: 'info',
      title: `vm.swappiness is ${swappiness}`,
      text: 'The kernel moves programs to swap early, the desktop among them, to keep files cached.',
      whatToDo: `Set it to ${CALM_SWAPPINESS}, now and for the next start.`,
      commands: [
        `sudo sysctl vm.swappiness=${CALM_SWAPPINESS}`,
        `echo 'vm.swappiness = ${CALM_SWAPPINESS}' | sudo tee /etc/sysctl.d/90-swappiness.conf`
      ]
    }
  ]
}

function areaInWords({ path, sizeBytes }: SwapArea): string {
  const compressed = /^\/dev\/zram\d+$/.test(path) ? ', compressed in memory' : ''
  return `${path} (${bytesInWords(sizeBytes)}${compressed})`
}

/** As a shell reads it: these commands are copied by people. */
const quoted = (path: string): string =>
  /^[\w./@-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
