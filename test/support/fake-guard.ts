import type {
  Conflict,
  DrillReport,
  GuardView,
  Incident,
  ProtectionStatus
} from '../../src/shared/model/guard.ts'

const GIB = 1_073_741_824

export const sampleDrill: DrillReport = {
  id: 'drill-1790000000000',
  atMs: 1_790_000_000_000,
  passed: true,
  text: 'Warned after 2.1 s, paused after 4.0 s, stopped after 7.2 s; 1.0 GiB came back.',
  boundBytes: GIB,
  stepBytes: GIB / 64,
  warnedAtS: 2.1,
  frozenAtS: 4,
  stoppedAtS: 7.2,
  memoryBackAtS: 7.6,
  takenBytes: 0.8 * GIB,
  returnedBytes: 0.8 * GIB,
  sentinel: { rights: 'user', memoryLocked: false, priorityRaised: false },
  curve: [
    { atS: 0, availableBytes: 40 * GIB },
    { atS: 4, availableBytes: 39.2 * GIB },
    { atS: 8, availableBytes: 40 * GIB }
  ],
  thresholds: { reserveBytes: 39.7 * GIB, floorBytes: 39.2 * GIB }
}

export const sampleGuardView: GuardView = {
  mode: 'balanced',
  level: 'calm',
  reasons: [],
  reserveBytes: 6 * GIB,
  floorBytes: 2 * GIB,
  automaticReserveBytes: 6 * GIB,
  automaticFloorBytes: 2 * GIB,
  sentinel: {
    state: 'guarding',
    pid: 77,
    rights: 'user',
    memoryLocked: false,
    priorityRaised: false,
    notes: [
      'Its program is not locked in memory: the limit (RLIMIT_MEMLOCK) is 8 MiB, and it takes 131 MiB. Where the disk is slow, it may act late.'
    ],
    armedIds: ['tiny'],
    unreachableIds: []
  },
  launchesHeld: false,
  ask: null,
  wouldDo: 'If memory ran out now: stop tiny, 2.0 GiB back.',
  ranking: {
    victims: [{ id: 'tiny', label: 'tiny', kind: 'runner', bytes: 2 * GIB, reloadS: 12, why: 'idle' }],
    refused: []
  },
  protectedNames: ['firefox', 'gnome-shell'],
  lastEvents: [],
  lastDrill: null,
  drillRunning: false
}

export const sampleIncident: Incident = {
  id: 'acted-1790000000000',
  atMs: 1_790_000_000_000,
  kind: 'acted',
  title: 'Stopped tiny',
  text: 'tiny grew 23 GiB in 9 s. It was stopped; 61 GiB came back in 2.3 s.',
  runnerId: 'tiny',
  events: [
    {
      sequence: 1,
      atMs: 1_790_000_000_000,
      monotonicMs: 5000,
      watchId: 'main',
      kind: 'freeze',
      victimId: 'tiny',
      label: 'tiny',
      reasons: ['Memory will be below the floor in about 1 s.'],
      availableBytes: 3 * GIB,
      floorBytes: 2 * GIB,
      secondsToEmpty: 1.5,
      bytes: 61 * GIB
    }
  ],
  curve: [
    { atMs: 1_789_999_999_000, availableBytes: 30 * GIB, holders: [{ label: 'tiny', bytes: 61 * GIB }] }
  ]
}

export const sampleConflict: Conflict = {
  id: 'earlyoom',
  severity: 'warning',
  title: 'earlyoom is running',
  text: 'It chooses by what the kernel counts and does not see GPU memory.',
  whatToDo: 'Stop it, or let Firebreak act first.',
  commands: ['sudo systemctl disable --now earlyoom']
}

export const sampleProtection: ProtectionStatus = {
  state: 'off',
  note: null,
  units: [{ unit: 'session.slice', minBytes: GIB, lowBytes: 4 * GIB }],
  installCommand: ['pkexec', '/usr/lib/firebreak/firebreak-helper', 'install-protection'],
  removeCommand: ['pkexec', '/usr/lib/firebreak/firebreak-helper', 'remove-protection']
}
