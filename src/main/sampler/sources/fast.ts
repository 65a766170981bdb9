import type { Reading } from '../../../shared/model/reading.ts'
import type { MemInfo, Pressures, VmStat } from '../../../shared/model/snapshot.ts'
import { disposeAll, type Disposable } from '../../../shared/util/disposable.ts'
import { err, type Result } from '../../../shared/util/result.ts'
import { keptFile } from './kept-file.ts'
import { keptSource } from './kept-source.ts'
import { parseMemInfo } from './meminfo.parse.ts'
import { parsePressure } from './pressure.parse.ts'
import { parseVmStat } from './vmstat.parse.ts'
import { parsePerCpuFreePages } from './zoneinfo.parse.ts'

/** A counter's name and 20 digits; the longest name has 40 bytes. */
const VMSTAT_LINE_BYTES = 128

/** What is read at every tick, up to 4 times a second and in a tenth of a millisecond. */
export interface FastReading {
  readonly memInfo: MemInfo
  readonly perCpuFreeBytes: Reading
  readonly pressures: Pressures
  readonly vmStat: VmStat | 'unknown'
}

export interface FastSources extends Disposable {
  /** An error, in words, only when meminfo cannot be used. */
  read(): Result<FastReading, string>
}

export function fastSources(procRoot: string, pageSizeBytes: number): FastSources {
  const memInfoFile = keptFile(`${procRoot}/meminfo`, { wholeAtOnce: true })
  const pressure = (name: string) =>
    keptSource(`${procRoot}/pressure/${name}`, parsePressure, { wholeAtOnce: true })
  const memory = pressure('memory')
  const cpu = pressure('cpu')
  const io = pressure('io')
  const vmStat = keptSource(`${procRoot}/vmstat`, parseVmStat, { longestLineBytes: VMSTAT_LINE_BYTES })
  const zoneInfo = keptSource(`${procRoot}/zoneinfo`, parsePerCpuFreePages)
  return {
    read() {
      const bytes = memInfoFile.read()
      if (bytes === 'unknown') return err(`${procRoot}/meminfo cannot be read`)
      const memInfo = parseMemInfo(bytes)
      if (!memInfo.ok) return err(`${procRoot}/meminfo lacks ${memInfo.error.missing.join(', ')}`)
      const pages = zoneInfo.read()
      return {
        ok: true,
        value: {
          memInfo: memInfo.value,
          perCpuFreeBytes: typeof pages === 'number' ? pages * pageSizeBytes : pages,
          pressures: { memory: memory.read(), cpu: cpu.read(), io: io.read() },
          vmStat: vmStat.read()
        }
      }
    },
    dispose: () => disposeAll([memInfoFile, memory, cpu, io, vmStat, zoneInfo])
  }
}
