import type { Incident } from '../../../src/shared/model/guard.ts'
import type { Notice } from '../../../src/shared/model/status.ts'
import { askText } from '../../../src/main/guard/words.ts'
import { plainText } from '../../../src/shared/util/plain-text.ts'
import {
  actEvents,
  actNotice,
  actedIncident,
  drillReport,
  fromCheckout,
  someConflicts,
  stoppedAnswering,
  wouldEvent,
  wouldHave
} from './guard-story.ts'
import { FIT_SCENARIOS } from './fit-scenarios.ts'
import { firstDay, kinds, longKinds } from './kinds-scenario.ts'
import {
  GIB,
  LONG,
  LONG_PROFILE,
  OSS,
  QWEN,
  SCENARIOS,
  desktop,
  part,
  view,
  type Scenario
} from './scenarios.ts'

const { calm, act, warn, long } = SCENARIOS

const DAY_MS = 86_400_000

const noticeOf = ({ id, title, text }: Incident): Notice => ({
  id,
  atMs: Date.now(),
  severity: 'warning',
  text: `${title}. ${text}`,
  whatToDo: null,
  incidentId: id
})

/** Time to ask: gpt-oss-120b grows, the guard will pause it. */
const askWarn: Scenario = {
  ...act,
  level: 'warn',
  guard: {
    ask: {
      watchId: 'main',
      victimId: OSS.id,
      label: OSS.label,
      stage: 'warn',
      text: askText('warn', OSS.label, 62.3 * GIB, [...act.reasons, 'Memory will be gone in about 6 s.']),
      actsInS: 12,
      victimBytes: 62.3 * GIB
    },
    launchesHeld: true,
    events: [{ kind: 'warn', agoS: 1, reasons: ['gpt-oss-120b grew 9.0 GiB in 4 s.'] }]
  }
}

const frozen: Scenario = {
  ...act,
  secondsToEmpty: null,
  pressureSomePct: 12,
  reasons: ['gpt-oss-120b is paused: it takes no more memory, and keeps what it has.'],
  guard: {
    ask: {
      watchId: 'main',
      victimId: OSS.id,
      label: OSS.label,
      stage: 'frozen',
      text: askText('frozen', OSS.label, 61 * GIB, []),
      actsInS: 15,
      victimBytes: 61 * GIB
    },
    launchesHeld: true,
    events: [
      { kind: 'freeze', agoS: 2, reasons: ['Falling memory is about to pass the floor.'] },
      { kind: 'warn', agoS: 8, reasons: ['gpt-oss-120b grew 9.0 GiB in 4 s.'] }
    ]
  }
}

/** It was paused once, stopped by hand meanwhile, and has been started again: all that is history. */
const pausedOnce: Scenario = {
  ...calm,
  guard: { events: [{ kind: 'freeze', agoS: 600, victimId: QWEN.id, label: QWEN.label }] }
}

/** It was stopped a moment ago, and its memory is back. */
const acted: Scenario = {
  ...calm,
  notices: actNotice(actEvents(Date.now() - 20_000), 2_000, `acted-${OSS.id}`),
  parts: (t) => [
    part(
      'runner:gpt-oss-120b',
      'gpt-oss-120b',
      'runner',
      t < -20 ? Math.min(38, (t + 330) * 1.2) : t < -4 ? 38 + Math.min(22, (t + 20) * 2) : 0,
      0,
      [50_001]
    ),
    part('runner:qwen3-32b', 'qwen3-32b', 'runner', 38, 1.6, [41_233], 1.3),
    part('runner:embed', 'nomic-embed', 'runner', 1.2, 0.3, [40_871], 0.9),
    ...desktop(t)
  ],
  runners: (t) => [
    ...calm.runners(t).filter(({ id }) => id !== OSS.id),
    view(OSS, {
      modelBytes: 59 * GIB,
      lastStop: {
        bytesReturned: 61 * GIB,
        bytesExpected: 61 * GIB,
        seconds: 2.3,
        left: [],
        memoryIsBack: true,
        text: 'Stopped gpt-oss-120b. 61.0 GiB came back in 2.3 s.'
      }
    })
  ],
  guard: {
    incidents: (nowMs) => [
      actedIncident(nowMs - 20_000),
      wouldHave(nowMs - 2 * DAY_MS),
      stoppedAnswering(nowMs - 9 * DAY_MS)
    ],
    events: [
      { kind: 'memory-back', agoS: 2, bytes: 61 * GIB, availableBytes: 63 * GIB },
      { kind: 'gone', agoS: 4, bytes: 61 * GIB, availableBytes: 40 * GIB },
      {
        kind: 'terminate',
        agoS: 5,
        reasons: ['gpt-oss-120b is paused: it takes no more memory, and keeps what it has.']
      },
      { kind: 'freeze', agoS: 20, reasons: ['Falling memory is about to pass the floor.'] },
      { kind: 'warn', agoS: 26, reasons: ['gpt-oss-120b grew 9.0 GiB in 4 s.'] }
    ],
    drills: (nowMs) => [drillReport(nowMs - 3 * DAY_MS, true), drillReport(nowMs - 30 * DAY_MS, false)]
  }
}

/** Right after the act, while launches still wait. */
const actedHeld: Scenario = { ...acted, guard: { ...acted.guard, launchesHeld: true } }
const actedRefusing: Scenario = { ...acted, guard: { ...acted.guard, refusesStarts: true } }

const manyNotices: Scenario = {
  ...calm,
  notices: Array.from({ length: 7 }, (_, at) => ({
    id: `n${at}`,
    atMs: Date.now() - at * 60_000,
    severity: 'warning' as const,
    text: `Notice ${at}.`,
    whatToDo: null
  }))
}

/** The machine went down in the night. */
const crashed: Scenario = {
  ...calm,
  notices: [noticeOf(stoppedAnswering(Date.now() - 36_000_000))],
  guard: { incidents: (nowMs) => [stoppedAnswering(nowMs - 36_000_000)] }
}

const observe: Scenario = {
  ...act,
  notices: actNotice([wouldEvent(Date.now())], 5_000, 'would'),
  guard: {
    mode: 'observe',
    incidents: (nowMs) => [wouldHave(nowMs - 5_000)],
    events: [{ ...wouldEvent(0), agoS: 5 }]
  }
}

/** From a checkout: it guards with what an ordinary user may do, beside other guards. */
const checkout: Scenario = {
  ...calm,
  profiles: calm.profiles.map((one) => (one.id === QWEN.id ? { ...one, importance: 'high' } : one)),
  guard: {
    sentinel: { ...fromCheckout, unreachableIds: ['container:vllm'] },
    conflicts: someConflicts,
    refused: [
      {
        id: 'container:vllm',
        label: 'vllm (container)',
        kind: 'foreign',
        bytes: 17.2 * GIB,
        because: 'not-allowed'
      },
      { id: 'embed', label: 'nomic-embed', kind: 'runner', bytes: 1.5 * GIB, because: 'pinned' }
    ],
    protection: {
      note: 'Firebreak runs from a checkout, so its helper is not installed. The command below sets the same by hand.'
    },
    refusesProtection: true
  }
}

const sentinelGone: Scenario = {
  ...warn,
  guard: { sentinel: { state: 'gone', pid: null, notes: ['It ended with code 1 and is started again.'] } }
}

const guardOff: Scenario = {
  ...warn,
  guard: { mode: 'off', sentinel: { state: 'off', pid: null, armedIds: [] } }
}

const drill: Scenario = {
  ...calm,
  parts: (t) => [
    ...calm.parts(t).filter(({ id }) => id !== 'other'),
    part('other', 'Other programs', 'other', 0, 1.7 + Math.max(0, Math.min(1, t / 4)))
  ],
  guard: { drillRuns: true, drills: (nowMs) => [drillReport(nowMs - 30 * DAY_MS, true)] }
}
const drillFailed: Scenario = {
  ...calm,
  guard: { drills: (nowMs) => [drillReport(nowMs - 60_000, false), drillReport(nowMs - DAY_MS, true)] }
}

const protectedDesktop: Scenario = { ...calm, guard: { protection: { state: 'on' } } }

/** Names that try to break out of their place: long, with markup, and as the core cleans them of turned text. */
const HOSTILE = plainText(`<img src=x onerror=alert(1)>\u202e ${LONG}`)
const longAsk: Scenario = {
  ...long,
  notices: actNotice(actEvents(Date.now(), HOSTILE, 'other').slice(0, 2), 1_000, 'acted-other'),
  level: 'act',
  guard: {
    ask: {
      watchId: 'main',
      victimId: LONG_PROFILE.id,
      label: HOSTILE,
      stage: 'frozen',
      text: askText('frozen', HOSTILE, 43 * GIB, []),
      actsInS: 60,
      victimBytes: 43 * GIB
    },
    incidents: (nowMs) => [actedIncident(nowMs - 5_000, HOSTILE, LONG_PROFILE.id)],
    refused: Array.from({ length: 20 }, (_, at) => ({
      id: `process:${at}:1`,
      label: `${LONG}-${at}`,
      kind: 'foreign' as const,
      bytes: 3 * GIB,
      because: 'not-allowed' as const
    })),
    conflicts: someConflicts.map((one) => ({
      ...one,
      title: `${one.title} ${LONG}`,
      commands: [`echo ${LONG}${LONG}`]
    }))
  }
}

export const ALL_SCENARIOS = {
  ...SCENARIOS,
  'ask-warn': askWarn,
  frozen,
  'paused-once': pausedOnce,
  acted,
  'acted-held': actedHeld,
  'acted-refusing': actedRefusing,
  'many-notices': manyNotices,
  crashed,
  observe,
  checkout,
  'sentinel-gone': sentinelGone,
  'guard-off': guardOff,
  drill,
  'drill-failed': drillFailed,
  protected: protectedDesktop,
  'long-ask': longAsk,
  kinds,
  'first-day': firstDay,
  'long-kinds': longKinds,
  ...FIT_SCENARIOS
} as const satisfies Record<string, Scenario>
