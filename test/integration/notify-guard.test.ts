import { afterEach, beforeEach, expect, it } from 'vitest'
import type { GuardViewBase } from '../../src/main/guard/types.ts'
import { createGuardNotifications } from '../../src/main/notify/guard-notifications.ts'
import { createNotifier } from '../../src/main/notify/notifier.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import type { GuardEvent } from '../../src/shared/model/guard.ts'
import type { Disposable } from '../../src/shared/util/disposable.ts'
import { createEmitter } from '../../src/shared/util/emitter.ts'
import { ok } from '../../src/shared/util/result.ts'
import { quietLogger } from '../support/fake-core.ts'
import { sampleGuardView } from '../support/fake-guard.ts'
import {
  busMissing,
  busPlace,
  removeBusPlace,
  startNotificationDaemon,
  startSessionBus,
  type BusPlace,
  type NotificationDaemon,
  type SessionBus
} from '../support/notification-daemon.ts'
import { until } from '../support/until.ts'

// The guard's part here is made up; bus, wire and notification are real, the server is the stand-in.

let place: BusPlace
let bus: SessionBus | null = null
let daemon: NotificationDaemon
let parts: Disposable[]
let view: GuardViewBase
const answers: string[] = []
const started: string[] = []
const fail = (error: unknown): never => {
  throw error
}
const changes = createEmitter<void>(fail)
const events = createEmitter<GuardEvent>(fail)

beforeEach(async (context) => {
  if (busMissing !== null) context.skip(busMissing)
  place = busPlace()
  bus = await startSessionBus(place)
  daemon = await startNotificationDaemon(place.address)
  const logger = quietLogger()
  const notifier = createNotifier({
    sessionBusAddress: () => place.address,
    uid: process.getuid!(),
    clock: systemClock,
    logger
  })
  view = sampleGuardView
  const notifications = createGuardNotifications({
    notifier,
    guard: {
      view: () => view,
      answer: (...answer) => {
        answers.push(answer.join(' '))
        return ok(undefined)
      },
      onChange: (listener) => changes.on(listener),
      onEvent: (listener) => events.on(listener)
    },
    startAgain: async (id) => ok(started.push(id)),
    openPanel: null,
    clock: systemClock,
    logger
  })
  parts = [notifications, notifier]
})

afterEach(async () => {
  if (bus === null) return
  for (const part of parts) part.dispose()
  await daemon.die()
  await bus.stop()
  removeBusPlace(place)
})

it('asks, counts down in place, takes the answer, tells the proof and starts again', async () => {
  view = {
    ...sampleGuardView,
    level: 'warn',
    ask: {
      watchId: 'main',
      victimId: 'tiny',
      label: 'tiny <b>',
      stage: 'warn',
      text: 'Memory will be below the floor in about 4 s.',
      actsAtMs: Date.now() + 4_000,
      victimBytes: 2
    }
  }
  changes.emit()
  await until('the countdown', () => daemon.notified.length >= 2)
  const [first, second] = daemon.notified
  expect(second!.replacesId).toBe(first!.id)
  expect(second!.body).not.toBe(first!.body)
  expect(daemon.onScreen()).toHaveLength(1)
  expect(second!.actions).toEqual(['stop', 'Stop tiny <b>', 'continue', 'Let it go on'])

  daemon.click(first!.id, 'stop')
  await until('the answer', () => answers.length > 0)
  expect(answers).toEqual(['main tiny stop'])
  view = { ...view, ask: null }
  changes.emit()

  const event: GuardEvent = {
    sequence: 1,
    atMs: Date.now(),
    monotonicMs: 1_000,
    watchId: 'main',
    kind: 'terminate',
    victimId: 'tiny',
    label: 'tiny <b>',
    reasons: ['You chose to stop it.'],
    availableBytes: 1,
    floorBytes: 1,
    secondsToEmpty: null,
    bytes: 34.1 * 1024 ** 3
  }
  events.emit(event)
  events.emit({ ...event, kind: 'memory-back', monotonicMs: 3_300 })
  const told = await until('the proof', () =>
    daemon.onScreen().find(({ body }) => body === '34.1 GiB came back in 2.3 s.')
  )
  expect(told).toMatchObject({
    summary: 'Stopped tiny <b>',
    actions: ['again', 'Start again'],
    expireTimeout: -1
  })
  expect(daemon.onScreen()).toHaveLength(1)
  daemon.click(told.id, 'again')
  await until('the start', () => started.length > 0)
  expect(started).toEqual(['tiny'])
})
