/** The guards that are measured side by side. */
export const GUARDS = ['none', 'earlyoom', 'oomd', 'firebreak'] as const
export type GuardName = (typeof GUARDS)[number]

/**
 * stop: the hog must be stopped, and nobody else. none: nothing may be stopped. kernel: stopping is not allowed; when
 * the kernel must choose, it must not choose the desktop.
 */
export type Expectation = 'stop' | 'none' | 'kernel'

/** One run, but for the guard. Memory in MiB, times in s of the guest's clock. */
export interface LabCase {
  readonly name: string
  readonly about: string
  readonly expect: Expectation
  /** user: a program in the user's slice. container: root's, in a docker scope of system.slice. own: started by Firebreak. */
  readonly hog: 'user' | 'container' | 'own'
  readonly rateMibS: number
  /** What the hog does when the driver refuses memory. */
  readonly refused: 'hold' | 'retry'
  readonly termIgnored: boolean
  readonly childHolds: boolean
  /** The hog rests when that much is left above the floor; null: it never rests. */
  readonly restAboveFloorMib: number | null
  /** Between the death and the return of the memory. */
  readonly freeDelayS: number
  /** Each Nth request is refused besides what the kernel refuses; 0: none. */
  readonly refuseEvery: number
  readonly mayStopForeign: boolean
  /** A second runner of Firebreak's that is pinned and holds that much. */
  readonly pinnedBesideMib: number | null
  readonly mishap: 'stop-core' | 'kill-core' | 'hang-probe' | null
  /** After the hog's start. */
  readonly mishapAtS: number
  /** The longest a run is watched after the hog's start. */
  readonly observeS: number
  /** Watched on after the hog's end. */
  readonly afterS: number
}

/** A program of the user's that takes 100 MiB/s until nothing is left, and that Firebreak may stop. */
const USUAL: Omit<LabCase, 'name' | 'about'> = {
  expect: 'stop',
  hog: 'user',
  rateMibS: 100,
  refused: 'hold',
  termIgnored: false,
  childHolds: false,
  restAboveFloorMib: null,
  freeDelayS: 0,
  refuseEvery: 0,
  mayStopForeign: true,
  pinnedBesideMib: null,
  mishap: null,
  mishapAtS: 0,
  observeS: 45,
  afterS: 3
}

const lab = (name: string, about: string, what: Partial<LabCase> = {}): LabCase => ({
  ...USUAL,
  name,
  about,
  ...what
})

/** When the mishap comes: the hog is known by then and the floor is still some seconds away. */
const MISHAP_AT_S = 4

export const CASES: readonly LabCase[] = [
  lab('user-slice', 'a program in the user’s slice, 100 MiB/s'),
  lab('container', 'root’s container in system.slice, 100 MiB/s', { hog: 'container' }),
  lab('own-runner', 'a runner of Firebreak’s that grows while it loads', { hog: 'own' }),
  lab('foreign-allowed', 'a program Firebreak did not start and may stop, 200 MiB/s', { rateMibS: 200 }),
  lab('foreign-not-allowed', 'a program Firebreak did not start and may not stop', {
    expect: 'kernel',
    mayStopForeign: false
  }),
  lab('rate-50', '50 MiB/s', { rateMibS: 50, observeS: 60 }),
  lab('rate-500', '500 MiB/s', { rateMibS: 500 }),
  lab('term-ignored', 'the hog ignores SIGTERM', { termIgnored: true, observeS: 60 }),
  lab('child-holds', 'a child of the hog’s holds the memory', { childHolds: true }),
  lab('refused-retries', 'each third request is refused and tried again', {
    refused: 'retry',
    refuseEvery: 3
  }),
  lab('pinned-beside', 'two runners of Firebreak’s; the pinned one holds more, the other grows', {
    hog: 'own',
    pinnedBesideMib: 450
  }),
  lab('rests-above-floor', 'a healthy model grows by 50 MiB/s and rests 100 MiB above the floor', {
    expect: 'none',
    rateMibS: 50,
    restAboveFloorMib: 100,
    observeS: 60
  }),
  lab('returns-late', 'the memory returns 5 s after the death', { freeDelayS: 5, afterS: 10 }),
  lab('app-stopped', 'the app is stopped (SIGSTOP) while the hog grows', {
    mishap: 'stop-core',
    mishapAtS: MISHAP_AT_S
  }),
  lab('app-killed', 'the app is killed while the hog grows', { mishap: 'kill-core', mishapAtS: MISHAP_AT_S }),
  lab('probe-hung', 'the GPU probe hangs while the hog grows', {
    mishap: 'hang-probe',
    mishapAtS: MISHAP_AT_S
  })
]

/** What the other guards are measured on: they know no runners, no pins and no settings of Firebreak's. */
export const CASES_OF_OTHERS: readonly string[] = ['user-slice', 'container', 'rate-500', 'rests-above-floor']
export const RUNS_OF_FIREBREAK = 5
export const RUNS_OF_OTHERS = 3
