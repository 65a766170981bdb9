import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerRecord } from '../supervisor/container-port.ts'
import type { FoundProcess } from '../supervisor/types.ts'
import type { Sighting } from './look.ts'

/** USER_HZ, in which /proc gives start times: 100 on every Linux that runs Node. */
const MS_PER_TICK = 10

/** What the supervisor needs to go on with it. */
export function processOf(
  sighting: Sighting,
  procRoot: string,
  nowMs: number,
  container: ContainerRecord | null
): FoundProcess {
  const { root, members, found, origin } = sighting
  const upMs = uptimeMs(procRoot)
  return {
    root: { pid: root.pid, startTicks: root.startTicks },
    members: members.map(({ pid, startTicks }) => ({ pid, startTicks })),
    processGroupId: root.processGroupId === root.pid ? root.pid : null,
    port: found.port,
    url: found.url,
    commandLine: found.commandLine,
    startedAtMs: Math.round(upMs === null ? nowMs : nowMs - upMs + root.startTicks * MS_PER_TICK),
    unit: origin.unit,
    container
  }
}

function uptimeMs(procRoot: string): number | null {
  try {
    const seconds = Number(readFileSync(join(procRoot, 'uptime'), 'utf8').split(' ')[0])
    return Number.isFinite(seconds) ? seconds * 1_000 : null
  } catch {
    return null
  }
}
