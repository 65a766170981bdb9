import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decide } from '../../shared/domain/guard/decide.ts'
import { initialGuardMemory, type Decision } from '../../shared/domain/guard/decide.types.ts'
import { floorBytes, reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import type { GuardEvent, SentinelStatus } from '../../shared/model/guard.ts'
import type { Ledger } from '../../shared/model/ledger.ts'
import type { Profile, RunnerView } from '../../shared/model/runner.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import type { GuardStatus } from '../../shared/model/status.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { disposable } from '../../shared/util/disposable.ts'
import { createEmitter } from '../../shared/util/emitter.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import type { ArmedProcess, Holder, Watch, WatchStatus } from '../sentinel/protocol.ts'
import { createAbsenceWatch } from './absence.ts'
import { createActNotices, type ActNotice, type ActStory } from './act-notices.ts'
import { createActs } from './acts.ts'
import { mainWatch } from './arm-list.ts'
import { createAsks } from './asks.ts'
import { openLearned } from './learned.ts'
import { isAtLeast, readingOf } from './level.ts'
import { createPictureMaker, foreignOf, type Picture } from './picture.ts'
import { createSentinelLink } from './sentinel-link.ts'
import type { Guard, GuardViewBase } from './types.ts'
import { growthSentence, launchHoldText, reasonsWithGrower, wouldDoText } from './words.ts'

export interface GuardPorts {
  readonly places: Places
  readonly clock: Clock
  readonly logger: Logger
  readonly env: Readonly<Record<string, string | undefined>>
  readonly settings: () => Settings
  readonly profiles: () => readonly Profile[]
  readonly runners: () => readonly RunnerView[]
  /** Processes of Firebreak itself, besides the sentinel. */
  readonly ownPids: () => readonly number[]
  /** RssAnon + RssShmem of a process, read now; null: gone. */
  readonly hostBytes: (pid: number) => number | null
  /** The guard wants a runner to give memory back by its own API. */
  readonly onShrink: (runnerId: string) => void
  /** Since boot, as processes' start times count. */
  readonly uptimeMs: () => number
  /** Start time of this process, in ticks since boot. */
  readonly selfStartTicks: number
  readonly blackBoxPath: string
  /** Once, before a sentinel begins a black box of its own. */
  readonly onFirstContact: () => void
  /** Makes it the kernel's first choice; once for each process, and never waited for. */
  readonly raiseOomScore: (process: ArmedProcess) => void
  readonly onNotice: (notice: ActNotice) => void
}

/** The guard as the core runs it: fed with every snapshot. */
export interface CoreGuard extends Guard {
  start(): void
  update(snapshot: Snapshot, ledger: Ledger): void
  /** Settings or profiles changed; does not wait for the next snapshot to turn the sentinel on or off. */
  readonly sentinelPid: () => number | null
}

/** The fire drill's, whose questions nobody may answer. */
const DRILL_WATCH = 'drill'
/** Largest parts named in the black box: more nobody reads. */
const MOST_HOLDERS = 8
const MS_PER_S = 1_000

export function createGuard(ports: GuardPorts): CoreGuard {
  const { places, clock, logger } = ports
  const failed = (error: unknown): void => logger.error('a listener of the guard failed', error)
  const changes = createEmitter<void>(failed)
  const guardEvents = createEmitter<GuardEvent>(failed)
  const learned = openLearned(places.dataDir, logger)
  const makePicture = createPictureMaker(learned)
  const acts = createActs()
  const actNotices = createActNotices()
  const absence = createAbsenceWatch()
  const extras = new Map<string, Watch>()
  const raised = new Set<string>()
  const cgroupRoot = findCgroupRoot(places.sysRoot)
  let memory = initialGuardMemory()
  let own: Decision | null = null
  let picture: Picture | null = null
  let memTotalBytes = 0
  let holders: readonly Holder[] = []
  let isStarted = false
  /** The driver has answered this core once: who else there is, is known from then on. */
  let hasSeenGpu = false

  let hadContact = false
  const firstContact = (): void => {
    if (hadContact) return
    hadContact = true
    ports.onFirstContact()
  }

  const link = createSentinelLink({
    systemSocket: places.systemSentinelSocket,
    ownSocket: join(places.runtimeDir, 'sentinel.sock'),
    nodePath: places.nodePath,
    entryPath: join(places.entryDir, 'sentinel.js'),
    logPath: join(places.dataDir, 'logs', 'sentinel.log'),
    env: ports.env,
    blackBoxPath: ports.blackBoxPath,
    self: { pid: process.pid, startTicks: ports.selfStartTicks },
    uid: process.getuid?.() ?? 0,
    clock,
    logger,
    onFirstContact: firstContact,
    onEvent(event) {
      acts.note(event)
      if (event.victimId !== null && event.watchId === 'main') {
        const latency = acts.takeLatency(event.victimId)
        if (latency !== null) learned.noteStop(event.victimId, latency)
      }
      // Incidents first: the notice names its own.
      guardEvents.emit(event)
      const notice = actNotices.of(event, storyOf(event))
      if (notice !== null) ports.onNotice(notice)
      changes.emit()
    },
    onShrink: (_watchId, victimId) => ports.onShrink(victimId),
    onChange() {
      asks.settle(clock.nowMs())
      lookForAbsence()
      changes.emit()
    }
  })
  const asks = createAsks(link, extras)
  const lookForAbsence = (): void => {
    const notice = absence.note(clock.monotonicMs(), link.status())
    if (notice !== null) ports.onNotice(notice)
  }

  /** What the core knows better than the sentinel, which holds what was armed up to a second before. */
  const storyOf = ({ victimId, label, kind }: GuardEvent): ActStory => {
    const party = picture?.parties.find(({ id }) => id === victimId)
    if (picture === null || victimId === null || party === undefined) return { bytesNow: null, growth: null }
    const host = party.processes.map(({ pid }) => ports.hostBytes(pid))
    const isThere = kind === 'freeze' && host.every((bytes) => bytes !== null)
    return {
      bytesNow: isThere ? host.reduce<number>((sum, bytes) => sum + (bytes ?? 0), party.gpuBytes) : null,
      growth: growthSentence(label ?? party.label, picture.grown(victimId))
    }
  }

  const arm = (): void => {
    if (!isStarted) return
    const { mode } = ports.settings().guard
    const main =
      mode === 'off' || picture === null
        ? []
        : [
            mainWatch({
              policy: picture.policy,
              ranked: picture.ranking.victims,
              parties: picture.parties,
              processes: picture.processes,
              cgroupRoot,
              stopLatencyMs: learned.stopLatencyMs,
              graceMs: ports.settings().llamacpp.stopTimeoutS * MS_PER_S,
              protectedNames: ports.settings().guard.protectedNames,
              keepsOthers: !hasSeenGpu && ports.settings().guard.mayStopForeign
            })
          ]
    // Before it is let go of, so that it forgets whom it would still guard.
    link.arm([...main, ...extras.values()], holders)
    link.setWanted(mode !== 'off' || extras.size > 0)
  }

  const raiseScores = (now: Picture): void => {
    const kept = new Set(now.ranking.refused.filter((one) => one.because === 'protected').map(({ id }) => id))
    const seen = new Set<string>()
    for (const { id, processes } of now.parties) {
      if (kept.has(id)) continue
      for (const { pid, startTicks } of processes) {
        const key = `${pid}:${startTicks}`
        seen.add(key)
        if (raised.has(key)) continue
        raised.add(key)
        ports.raiseOomScore({ pid, startTicks })
      }
    }
    for (const key of raised) if (!seen.has(key)) raised.delete(key)
  }

  const main = (): WatchStatus | null => link.watch('main')

  const status = (): GuardStatus => {
    const { mode } = ports.settings().guard
    const told = main()
    const isTold = told !== null && (own === null || isAtLeast(told.level, own.level))
    const level = isTold ? told.level : (own?.level ?? 'calm')
    const reasons = isTold ? told.reasons : (own?.reasons ?? [])
    const grower =
      picture === null || picture.grower === null
        ? null
        : growthSentence(picture.grower.label, picture.grower.grown)
    return {
      mode,
      level,
      reasons: reasonsWithGrower(level, grower, reasons),
      reserveBytes: picture?.policy.reserveBytes ?? 0,
      floorBytes: picture?.policy.floorBytes ?? 0,
      secondsToEmpty: (isTold ? told.secondsToEmpty : own?.secondsToEmpty) ?? null
    }
  }

  const launchHold = (): string | null => {
    const { mode } = ports.settings().guard
    if (mode === 'off' || mode === 'observe') return null
    const isHeld = main()?.holdLaunches ?? own?.holdLaunches ?? false
    return isHeld ? launchHoldText(status().reasons) : null
  }

  const sentinel = (): SentinelStatus => {
    const said = link.status()
    const old = picture?.parties.filter(({ gpuIsOld }) => gpuIsOld).map(({ label }) => label) ?? []
    if (old.length === 0) return said
    return {
      ...said,
      notes: [
        ...said.notes,
        `The GPU driver does not answer: of ${old.join(', ')} the GPU memory last reported is used.`
      ]
    }
  }

  return {
    start() {
      isStarted = true
      // A sentinel that an earlier core left is found even where nothing is to be armed, and told so.
      const isOff = ports.settings().guard.mode === 'off'
      if (isOff && !existsSync(join(places.runtimeDir, 'sentinel.sock'))) firstContact()
      else if (isOff) link.disarmLeft()
      else arm()
    },
    update(snapshot, ledger) {
      memTotalBytes = snapshot.memInfo.memTotalBytes
      hasSeenGpu ||= snapshot.gpu.state === 'ok'
      const settings = ports.settings()
      const runners = ports.runners()
      const profiles = ports.profiles()
      const ownPids = new Set([process.pid, ...ports.ownPids(), ...(link.pid === null ? [] : [link.pid])])
      picture = makePicture({
        snapshot,
        settings,
        runners,
        profiles,
        ownPids,
        fallBytesPerS: fallOf(own, snapshot),
        uptimeMs: ports.uptimeMs(),
        hostBytes: ports.hostBytes
      })
      holders = ledger.parts
        .filter(({ kind }) => kind !== 'free' && kind !== 'cache')
        .toSorted((a, b) => b.bytes - a.bytes)
        .slice(0, MOST_HOLDERS)
        .map(({ label, bytes }) => ({ label, bytes }))
      arm()
      own = decide({
        nowMs: snapshot.monotonicMs,
        reading: readingOf(snapshot),
        // The core only looks: whoever acts is the sentinel.
        policy: { ...picture.policy, mode: 'off' },
        victims: picture.ranking.victims.map(({ id, label, bytes }) => ({
          id,
          label,
          bytes,
          stopLatencyMs: learned.stopLatencyMs(id) ?? 0,
          graceMs: 0,
          shrinkableBytes: 0,
          state: 'running'
        })),
        answer: null,
        memory
      })
      memory = own.memory
      learned.note({
        monotonicMs: snapshot.monotonicMs,
        availableBytes: readingOf(snapshot).availableBytes,
        isCalm: !isAtLeast(status().level, 'warn'),
        runners,
        profiles,
        foreign: foreignOf(picture.parties)
      })
      raiseScores(picture)
      lookForAbsence()
      changes.emit()
    },
    view(): GuardViewBase {
      const settings = ports.settings()
      const now = status()
      const said = sentinel()
      const ranking = picture?.ranking ?? { victims: [], refused: [] }
      return {
        mode: now.mode,
        level: now.level,
        reasons: now.reasons,
        reserveBytes: now.reserveBytes,
        floorBytes: now.floorBytes,
        automaticReserveBytes: reserveBytes(memTotalBytes, null),
        automaticFloorBytes: floorBytes(memTotalBytes, null),
        sentinel: said,
        launchesHeld: launchHold() !== null,
        ask: asks.view(picture?.parties ?? [], now.reasons),
        wouldDo: wouldDoText(now.mode, ranking, said.unreachableIds),
        ranking,
        protectedNames: settings.guard.protectedNames,
        lastEvents: acts.events
      }
    },
    status,
    sentinel,
    sentinelPid: () => link.pid,
    answer(watchId, victimId, choice) {
      if (watchId === DRILL_WATCH) {
        return err({
          code: 'refused',
          message:
            'The fire drill asks nobody: it must show what the guard does by itself. It ends by itself.'
        })
      }
      const isKnown =
        watchId === 'main'
          ? acts.frozenIds.has(victimId) ||
            picture?.ranking.victims.some(({ id }) => id === victimId) === true
          : extras.get(watchId)?.victims.some(({ id }) => id === victimId) === true
      if (!isKnown) {
        return err({ code: 'not-found', message: `The guard asks nothing about '${victimId}' now.` })
      }
      if (link.answer(watchId, victimId, choice)) return ok(undefined)
      return err({
        code: 'refused',
        message: 'The sentinel, which would do it, is not there just now. Stop the model by its own button.'
      })
    },
    launchHold,
    watch(extra) {
      extras.set(extra.id, extra)
      arm()
      return {
        status: () => link.watch(extra.id),
        ...disposable(() => {
          if (extras.get(extra.id) === extra) extras.delete(extra.id)
          arm()
        })
      }
    },
    onChange: (listener) => changes.on(listener),
    onEvent: (listener) => guardEvents.on(listener),
    ...disposable(() => {
      isStarted = false
      link.dispose()
      learned.dispose()
    })
  }
}

/** Bytes/s at which memory falls now; 0 while it does not. */
function fallOf(decision: Decision | null, snapshot: Snapshot): number {
  const seconds = decision?.secondsToEmpty ?? null
  return seconds === null || seconds <= 0 ? 0 : readingOf(snapshot).availableBytes / seconds
}

/** Where cgroup v2 is mounted; hybrid systems have it below 'unified'. */
function findCgroupRoot(sysRoot: string): string | null {
  const roots = [join(sysRoot, 'fs', 'cgroup'), join(sysRoot, 'fs', 'cgroup', 'unified')]
  return roots.find((root) => existsSync(join(root, 'cgroup.procs'))) ?? null
}
