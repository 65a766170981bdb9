import { readFileSync } from 'node:fs'

/** USER_HZ: fixed at 100 in the kernel's interface on x64 and arm64. */
const TICKS_PER_S = 100

/** CPU seconds of a process; with `children`, of those too that it has waited for. */
export function cpuSeconds(pid: number | 'self', children: boolean): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // utime, stime, cutime, cstime are fields 14 to 17 of proc(5); the state is field 3.
  const ticks = fields.slice(11, children ? 15 : 13).reduce((sum, field) => sum + Number(field), 0)
  return ticks / TICKS_PER_S
}
