import type { ContainerRecord } from '../supervisor/container-port.ts'
import type { FoundProcess } from '../supervisor/types.ts'
import type { Sighting } from './look.ts'
import { MS_PER_TICK, uptimeMs } from './uptime.ts'

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
