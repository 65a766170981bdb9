import type { LedgerInput } from '../../../../../src/shared/domain/ledger/ledger.ts'
import type { Ledger, LedgerPart } from '../../../../../src/shared/model/ledger.ts'
import type { ProcessInfo } from '../../../../../src/shared/model/snapshot.ts'
import { parseMemInfo } from '../../../../../src/main/sampler/sources/meminfo.parse.ts'
import { fixture } from '../../../main/sampler/fixtures.ts'

export const GIB = 2 ** 30
export const MIB = 2 ** 20

const gb10 = parseMemInfo(fixture('gb10/meminfo'))
if (!gb10.ok) throw new Error('fixture')
export const GB10 = gb10.value

export const processOf = (pid: number, name: string, more: Partial<ProcessInfo> = {}): ProcessInfo => ({
  pid,
  parentPid: 1,
  processGroupId: pid,
  startTicks: pid * 10,
  name,
  state: 'S',
  cpuTicks: 0,
  rssBytes: 0,
  anonBytes: 0,
  shmemBytes: 0,
  fileBytes: 0,
  cgroup: null,
  commandLine: null,
  userId: 1000,
  ...more
})

/** A Spark with a desktop and a llama-server: 60 GiB on the GPU, 2 GiB resident. */
export const SPARK: LedgerInput = {
  memInfo: GB10,
  perCpuFreeBytes: 700 * MIB,
  processes: [
    processOf(1, 'systemd', { anonBytes: 9 * MIB, fileBytes: 12 * MIB }),
    processOf(900, 'Xorg', { anonBytes: 120 * MIB, shmemBytes: 40 * MIB }),
    processOf(1000, 'gnome-shell', { anonBytes: 400 * MIB, shmemBytes: 30 * MIB }),
    processOf(1100, 'Isolated Web Co', { anonBytes: 900 * MIB, shmemBytes: 20 * MIB }),
    processOf(1200, 'update-helper', {
      anonBytes: 60 * MIB,
      cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-x.scope'
    }),
    processOf(1300, 'python3', {
      anonBytes: 700 * MIB,
      commandLine: ['python3', '-u', '/home/u/train.py', '--epochs', '3']
    }),
    processOf(1400, 'small', { anonBytes: 'unknown', shmemBytes: 'unknown', fileBytes: 'unknown' }),
    processOf(2000, 'llama-server', { anonBytes: 700 * MIB, shmemBytes: 4 * MIB, fileBytes: 1300 * MIB })
  ],
  gpu: {
    topology: 'unified',
    processes: [
      { pid: 2000, bytes: 60 * GIB },
      { pid: 900, bytes: 242 * MIB },
      { pid: 1000, bytes: 53 * MIB },
      { pid: 3000, bytes: 'unknown' }
    ]
  },
  runners: [{ id: 'abc', label: 'Qwen 27B', pids: [2000] }]
}

export const part = (ledger: Ledger, id: string): LedgerPart | undefined =>
  ledger.parts.find((candidate) => candidate.id === id)
export const bytesOf = (ledger: Ledger, id: string): number => part(ledger, id)?.bytes ?? 0
export const total = (ledger: Ledger): number => ledger.parts.reduce((sum, { bytes }) => sum + bytes, 0)
