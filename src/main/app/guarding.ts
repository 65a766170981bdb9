import { uptime } from 'node:os'
import { join } from 'node:path'
import type { GuardEvent, GuardView, IncidentPoint, IncidentSummary } from '../../shared/model/guard.ts'
import { orZero } from '../../shared/model/reading.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import type { Notice } from '../../shared/model/status.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import { plainText } from '../../shared/util/plain-text.ts'
import { createDrill } from '../drill/drill.ts'
import type { Drill } from '../drill/types.ts'
import { shrinkNotice, type ActNotice } from '../guard/act-notices.ts'
import { createGuard, type CoreGuard } from '../guard/guard.ts'
import type { RecentRing } from '../history/recent.ts'
import { createIncidents } from '../incidents/incidents.ts'
import type { Incidents } from '../incidents/types.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import { REAL_CONFLICT_ROOTS } from '../protection/conflict-roots.ts'
import { watchConflicts, type ConflictWatch } from '../protection/conflicts.ts'
import { findHelper } from '../protection/helper-command.ts'
import { createProtection, type Protection } from '../protection/protection.ts'
import { createOomScoreRaiser } from '../protection/raise-oom-score.ts'
import type { Runners } from '../runners/supervisor/types.ts'
import type { MachineView } from '../sampler/machine-view.ts'
import { atMostEvery } from './at-most-every.ts'
import type { NoticeMore } from './notices.ts'

export interface GuardingPorts {
  readonly places: Places
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: () => Settings
  readonly runners: Runners
  readonly machine: MachineView
  readonly recent: RecentRing
  /** The last snapshot. */
  readonly latest: () => Snapshot | null
  /** Processes of Firebreak itself. */
  readonly ownPids: () => readonly number[]
  readonly note: (
    severity: Notice['severity'],
    text: string,
    whatToDo: string | null,
    more?: NoticeMore
  ) => void
  /** Somebody listens to `onView`: it is made for them alone. */
  readonly isViewed: () => boolean
  readonly onView: (view: GuardView) => void
  readonly onIncident: (incident: IncidentSummary) => void
}

/** All that keeps the desktop alive, joined: guard, drill, incidents, protection. */
export interface Guarding extends Disposable {
  readonly guard: CoreGuard
  readonly drill: Drill
  readonly incidents: Incidents
  readonly protection: Protection
  readonly conflicts: () => ConflictWatch
  view(): GuardView
}

/** The panel needs no more to look alive, and a countdown runs there by itself. */
const VIEW_EVERY_MS = 500
/** Kept with an incident: as much as the black box holds. */
const CURVE_S = 300

export function createGuarding(ports: GuardingPorts): Guarding {
  const { places, clock, logger, settings, runners, machine, recent, note } = ports
  const blackBoxPath = join(places.dataDir, 'black-box.bin')
  const helper = findHelper(places)
  const raiser = createOomScoreRaiser({ procRoot: places.procRoot, helper })
  const incidents = createIncidents({ places, clock, logger, blackBoxPath })
  const isRunner = (id: string): boolean => runners.list().some((view) => view.id === id)

  const tellAct = ({ severity, text, whatToDo, victimId, key }: ActNotice): void =>
    note(severity, text, whatToDo, {
      runnerId: victimId !== null && isRunner(victimId) ? victimId : undefined,
      incidentId: victimId === null ? undefined : (incidents.ofVictim(victimId) ?? undefined),
      key
    })

  const guard = createGuard({
    places,
    clock,
    logger,
    env: process.env,
    settings,
    profiles: runners.profiles,
    runners: runners.list,
    ownPids: ports.ownPids,
    hostBytes: (pid) => machine.hostBytes(pid)?.anonAndShmemBytes ?? null,
    onShrink: (id) => {
      void runners.free(id).then((freed) => {
        if (!freed.ok) logger.warn(`${id} could not give memory back: ${freed.error.message}`)
        // This core ends: nobody is there to be told.
        if (!freed.ok && freed.error.code === 'disconnected') return
        const label = plainText(runners.list().find((view) => view.id === id)?.label ?? '') || id
        tellAct(shrinkNotice(id, label, freed.ok ? freed.value.text : freed.error.message))
      })
    },
    uptimeMs: () => uptime() * 1_000,
    selfStartTicks: machine.processes().find(({ pid }) => pid === process.pid)?.startTicks ?? 0,
    blackBoxPath,
    onFirstContact() {
      const told = incidents.readBlackBox()
      if (told === null) return
      note('warning', told.text, null, { runnerId: told.runnerId ?? undefined, incidentId: told.id })
    },
    raiseOomScore: (process) => void raiser.raise(process),
    onNotice: tellAct
  })
  const drill = createDrill({ places, clock, logger, guard, availableBytes: machine.availableBytes })
  const protection = createProtection({
    userId: process.getuid?.() ?? 0,
    sysRoot: places.sysRoot,
    etcRoot: REAL_CONFLICT_ROOTS.etcRoot,
    runRoot: REAL_CONFLICT_ROOTS.runRoot,
    helper,
    machine: () => ({
      memTotalBytes: ports.latest()?.memInfo.memTotalBytes ?? 0,
      reserveBytes: guard.status().reserveBytes
    })
  })
  let conflicts: ConflictWatch | null = null
  const openConflicts = (): ConflictWatch =>
    (conflicts ??= watchConflicts({ procRoot: places.procRoot, ...REAL_CONFLICT_ROOTS }, () => {
      const gpu = ports.latest()?.gpu
      return {
        gpuBytes:
          gpu === undefined || gpu.stale
            ? 'unknown'
            : gpu.processes.reduce((sum, { bytes }) => sum + orZero(bytes), 0),
        isUnified: gpu?.topology === 'unified'
      }
    }))

  const view = (): GuardView => ({
    ...guard.view(),
    lastDrill: drill.reports()[0] ?? null,
    drillRunning: drill.running
  })
  let shown = ''
  const tell = atMostEvery(VIEW_EVERY_MS, () => {
    if (!ports.isViewed()) return
    const now = view()
    const text = JSON.stringify(now)
    if (text === shown) return
    shown = text
    ports.onView(now)
  })

  const onGuardEvent = (event: GuardEvent): void => {
    incidents.onGuardEvent(event, () => curveOf(recent))
    if (event.watchId === 'main' && event.victimId !== null)
      runners.noteGuardEvent(event.victimId, event.kind)
  }

  const subscriptions: Disposable[] = [
    guard.onChange(tell.ask),
    drill.onChange(tell.ask),
    guard.onEvent(onGuardEvent),
    incidents.onChange(ports.onIncident)
  ]
  return {
    guard,
    drill,
    incidents,
    protection,
    conflicts: openConflicts,
    view,
    dispose() {
      conflicts?.dispose()
      disposeAll([incidents, guard, drill, tell, ...subscriptions])
    }
  }
}

/** The last minutes as they are kept with an incident. */
function curveOf(recent: RecentRing): readonly IncidentPoint[] {
  const { series, points } = recent.read(CURVE_S)
  const labels = new Map(
    series.filter(({ kind }) => kind !== 'free' && kind !== 'cache').map(({ id, label }) => [id, label])
  )
  return points.map(({ atMs, memAvailableBytes, bands }) => ({
    atMs,
    availableBytes: memAvailableBytes,
    holders: Object.entries(bands)
      .flatMap(([id, bytes]) => {
        const label = labels.get(id)
        return label === undefined ? [] : [{ label, bytes }]
      })
      .toSorted((a, b) => b.bytes - a.bytes)
      .slice(0, 8)
  }))
}
