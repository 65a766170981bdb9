import { totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import type { EventName } from '../../shared/contract/channels.ts'
import type { EventPayload } from '../../shared/contract/commands.ts'
import type { Live, MachineFacts, Notice } from '../../shared/model/status.ts'
import { ACTIVE_STATES, type RunnerView } from '../../shared/model/runner.ts'
import { orZero } from '../../shared/model/reading.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import { disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import { createEmitter, type Emitter } from '../../shared/util/emitter.ts'
import { readMachineFacts } from '../facts/read-facts.ts'
import { createGpuProbe } from '../gpu-probe/client.ts'
import { createRecentRing } from '../history/recent.ts'
import { createJobs } from '../jobs/jobs.ts'
import { createModelCatalog } from '../models/catalog.ts'
import { sessionBusAddressFrom } from '../notify/bus-address.ts'
import { createGuardNotifications } from '../notify/guard-notifications.ts'
import { createNotifier } from '../notify/notifier.ts'
import { resourcesDir } from '../platform/places.ts'
import { ADAPTERS } from '../runners/adapters/registry.ts'
import { createAdmission } from '../runners/admission/admission.ts'
import { createDiscovery } from '../runners/discovery/discovery.ts'
import { isListedByItself } from '../runners/discovery/listed-by-itself.ts'
import { createPlaybooks } from '../runners/playbooks/playbooks.ts'
import { createContainers } from '../runners/containers/containers.ts'
import { createFoundContainers } from '../runners/containers/found-containers.ts'
import { createRunners } from '../runners/supervisor/runners.ts'
import { followTraining } from '../runners/training/follow.ts'
import { createTrainingWatch } from '../runners/training/watch.ts'
import { createMachineView } from '../sampler/machine-view.ts'
import { createSampler } from '../sampler/sampler.ts'
import { openSettings } from '../settings/store.ts'
import { createLocalEndpoint } from '../transport/dispatcher.ts'
import type { Endpoint } from '../transport/endpoint.ts'
import { answerWithin } from './answer-within.ts'
import type { AppPorts } from './app-ports.ts'
import { createEstimating } from './estimating.ts'
import { createGuarding } from './guarding.ts'
import { createHandlers } from './handlers.ts'
import { accountOf, liveOf } from './live.ts'
import { createNotices, launchKey, type NoticeMore } from './notices.ts'
import { createOwnCost } from './own-cost.ts'
import { showPulls } from './show-pull.ts'

/** The core: samples, accounts, runs models, answers the contract. Disposing leaves runners running. */
export interface App extends Disposable {
  readonly endpoint: Endpoint
  readonly settings: () => Settings
  /** Models whose processes exist now. */
  runningLabels(): readonly string[]
  start(): Promise<void>
}

/** 'log' has none: it is passed on straight from the runners, so that no log is read while nobody follows one. */
type Emitters = { readonly [K in Exclude<EventName, 'log'>]: Emitter<EventPayload<K>> }

export function createApp(ports: AppPorts): App {
  const { places, clock, logger } = ports
  const failed = (error: unknown): void => logger.error('an event listener failed', error)
  const events: Emitters = {
    live: createEmitter<EventPayload<'live'>>(failed),
    runner: createEmitter<EventPayload<'runner'>>(failed),
    'runner-removed': createEmitter<EventPayload<'runner-removed'>>(failed),
    notice: createEmitter<EventPayload<'notice'>>(failed),
    settings: createEmitter<EventPayload<'settings'>>(failed),
    guard: createEmitter<EventPayload<'guard'>>(failed),
    incident: createEmitter<EventPayload<'incident'>>(failed),
    job: createEmitter<EventPayload<'job'>>(failed)
  }
  const settings = openSettings(places.configDir, clock, logger)
  const notices = createNotices(clock)
  const recent = createRecentRing()
  const models = createModelCatalog({
    places: () => ({ homeDir: places.homeDir, folders: settings.get().modelFolders, env: process.env }),
    clock,
    logger
  })
  const jobs = createJobs({ clock, onChange: (job) => events.job.emit(job) })
  const playbooks = createPlaybooks({
    folder: join(resourcesDir(places.entryDir), 'playbooks'),
    homeDir: places.homeDir,
    env: process.env,
    findModels: async () => (await models.list()).models
  })
  let live: Live | null = null

  const gpuAnswers = createEmitter<void>(failed)
  const gpu = createGpuProbe({
    nodePath: places.nodePath,
    entryPath: join(places.entryDir, 'gpu-probe.js'),
    env: process.env,
    sysRoot: places.sysRoot,
    clock,
    logger,
    onReading: () => gpuAnswers.emit()
  })
  const machine = createMachineView({
    procRoot: places.procRoot,
    gpu: () => gpu.latest(),
    askGpu: (timeoutMs) => answerWithin(timeoutMs, gpuAnswers, () => gpu.requestReading())
  })
  const containers = createContainers({
    env: process.env,
    homeDir: places.homeDir,
    logger,
    showPull: showPulls(jobs)
  })
  const memTotalBytes = (): number => live?.memTotalBytes ?? totalmem()
  const admission = createAdmission({
    clock,
    logger,
    availableBytes: () => machine.availableBytes(),
    reserveBytes: () => reserveBytes(memTotalBytes(), settings.get().reserveBytes),
    memTotalBytes,
    estimate: (profile) => estimating.estimates.of(profile),
    isDiscrete: () => gpu.latest().topology === 'discrete',
    isGpuKnown: () => gpu.latest().state === 'ok' && !gpu.latest().stale,
    profileOf: (id) => runners.running(id),
    hold: () => guarding.guard.launchHold()
  })
  const trainingWatch = createTrainingWatch({ clock })
  const runners = createRunners({
    places,
    clock,
    logger,
    machine,
    settings: settings.get,
    adapters: ADAPTERS,
    containers,
    admission,
    training: trainingWatch,
    isListedByItself: (kind, pid) => isListedByItself(ADAPTERS, places.procRoot, kind, pid),
    findPlaybook: playbooks.profileOf,
    launchHold: () => guarding.guard.launchHold(),
    // By its name alone a file of llama.cpp's is started; other kinds ask for a profile.
    findModels: async () =>
      (await models.list()).models.filter(({ format, isPartial }) => format === 'gguf' && !isPartial)
  })
  const estimating = createEstimating({
    places,
    clock,
    logger,
    settings: settings.get,
    machine,
    gpu: () => gpu.latest(),
    live: () => live,
    models,
    runners: () => runners,
    allocatableBytes: (exceptId) => admission.allocatableBytes(exceptId)
  })
  const training = followTraining({
    runners,
    watch: trainingWatch,
    homeDir: places.homeDir,
    onWords: (id, text) => {
      const label = runners.list().find((view) => view.id === id)?.label ?? id
      note('info', `${label}: ${text}`, null)
    }
  })
  const discovery = createDiscovery({
    places,
    clock,
    logger,
    machine,
    settings: settings.get,
    adapters: ADAPTERS,
    ownPids: () =>
      new Set([
        process.pid,
        ...(gpu.pid === null ? [] : [gpu.pid]),
        ...runners.holders().flatMap(({ pids }) => pids)
      ]),
    activeIds: () =>
      new Set(runners.list().flatMap(({ id, state }) => (ACTIVE_STATES.includes(state) ? [id] : []))),
    containers: createFoundContainers(process.env)
  })
  const sampler = createSampler({
    places,
    clock,
    logger,
    gpu: () => gpu.latest(),
    onSnapshot(snapshot) {
      if (live === null) {
        const unfit = settings.fit(snapshot.memInfo.memTotalBytes)
        if (unfit !== null) note('warning', unfit.text, unfit.whatToDo)
      }
      const drilling = guarding.drill.holder()
      const named = [...runners.holders(), ...(drilling === null ? [] : [drilling])]
      const ledger = accountOf(snapshot, named, uptime() * 1_000)
      guarding.guard.update(snapshot, ledger)
      setPace()
      admission.update(runners.list())
      const { memInfo, perCpuFreeBytes } = snapshot
      const availableBytes = memInfo.memAvailableBytes + orZero(perCpuFreeBytes)
      live = liveOf(snapshot, ledger, guarding.guard.status(), admission.status(availableBytes))
      estimating.observe()
      recent.add(snapshot.atMs, snapshot.monotonicMs, live.memAvailableBytes, ledger)
      events.live.emit(live)
    }
  })

  /** New processes are armed at once, and not when the process table is due: a load may take GiB in a second. */
  const knownPids = new Map<string, string>()
  const lookAtNew = ({ id, pids }: RunnerView): void => {
    const now = pids.join()
    if (knownPids.get(id) === now) return
    knownPids.set(id, now)
    if (pids.length > 0 && live !== null) sampler.sampleNow()
  }

  /** Whom the guard may stop has changed: it is armed anew at once, so that one who is paused may go on. */
  const lookAnew = (): void => {
    if (live !== null) sampler.sampleNow()
  }

  const note = (
    severity: Notice['severity'],
    text: string,
    whatToDo: string | null,
    more?: NoticeMore
  ): void => {
    events.notice.emit(notices.add(severity, text, whatToDo, more))
  }
  const guarding = createGuarding({
    places,
    clock,
    logger,
    settings: settings.get,
    runners,
    machine,
    recent,
    latest: sampler.latest,
    ownPids: () => (gpu.pid === null ? [] : [gpu.pid]),
    note,
    isViewed: () => events.guard.listenerCount > 0,
    onView: (view) => events.guard.emit(view),
    onIncident: (incident) => events.incident.emit(incident)
  })
  const userId = process.getuid?.() ?? 0
  const notifier = createNotifier({
    sessionBusAddress: () => sessionBusAddressFrom(process.env, userId),
    uid: userId,
    clock,
    logger
  })
  const notifications = createGuardNotifications({
    notifier,
    guard: guarding.guard,
    clock,
    logger,
    startAgain: (id) => runners.start(id, undefined),
    openPanel: ports.openPanel
  })
  /** Everything is looked at more often while a model loads or memory is short. */
  const setPace = (): void => {
    const { level } = guarding.guard.status()
    const isFast = runners.isLoading() || (level !== 'calm' && level !== 'watch')
    sampler.setLoading(isFast)
    gpu.setFast(isFast)
  }
  let facts: Promise<MachineFacts> | null = null
  const machineFacts = (): Promise<MachineFacts> =>
    (facts ??= readMachineFacts({
      nodePath: places.nodePath,
      entryPath: join(places.entryDir, 'static-facts.js')
    }))

  const subscriptions: Disposable[] = [
    runners.onChange((view) => {
      setPace()
      lookAtNew(view)
      if (view.state === 'restarting' || !ACTIVE_STATES.includes(view.state)) notices.over(launchKey(view.id))
      events.runner.emit(view)
    }),
    runners.onRemoved((id) => {
      knownPids.delete(id)
      notices.over(launchKey(id))
      events['runner-removed'].emit({ id })
    }),
    runners.onNotice(({ text, whatToDo, runnerId }) =>
      note('warning', text, whatToDo, runnerId === undefined ? {} : { runnerId, key: launchKey(runnerId) })
    ),
    settings.onChange((changed) => {
      events.settings.emit(changed)
      lookAnew()
    })
  ]

  const { sentinelPid } = guarding.guard
  const endpoint = createLocalEndpoint({
    logger,
    events: {
      on: (event, listener) =>
        event === 'log'
          ? runners.onLog(listener as never)
          : events[event as keyof Emitters].on(listener as never)
    },
    handlers: createHandlers({
      ports,
      settings,
      notices,
      recent,
      runners,
      training,
      containers,
      discovery,
      playbooks,
      jobs,
      models,
      estimates: estimating.estimates,
      guarding,
      machineFacts,
      ownCost: createOwnCost(places.procRoot, clock),
      gpu: () => gpu.latest(),
      lookAnew,
      processes: () => machine.processes(),
      roles: () =>
        new Map([
          [process.pid, 'core'],
          ...(gpu.pid === null ? [] : [[gpu.pid, 'GPU probe'] as const]),
          ...(sentinelPid() === null ? [] : [[sentinelPid() ?? 0, 'sentinel'] as const])
        ]),
      live: () => {
        if (live === null) sampler.sampleNow()
        return live
      }
    })
  })

  return {
    endpoint,
    settings: settings.get,
    runningLabels: () => runners.holders().map((holder) => holder.label),
    async start() {
      if (settings.problem) note('warning', settings.problem.text, settings.problem.whatToDo)
      if (settings.news) note('info', settings.news.text, settings.news.whatToDo)
      for (const { text, whatToDo } of playbooks.problems()) note('warning', text, whatToDo)
      // Marks what still runs before it first waits; asking those servers holds up nobody.
      const adoption = runners.adoptLeftRunning()
      guarding.guard.start()
      sampler.start()
      void machineFacts()
      void adoption.then(
        (adopted) => {
          for (const view of adopted)
            note('info', `${view.label} was still running and has been taken back.`, null)
        },
        (error: unknown) => logger.error('what an earlier core left running could not be taken back', error)
      )
    },
    dispose() {
      disposeAll([
        jobs,
        models,
        notifications,
        notifier,
        gpu,
        discovery,
        admission,
        runners,
        estimating.estimates,
        training,
        sampler,
        guarding,
        ...subscriptions
      ])
    }
  }
}
