import { CASES, type GuardName, type LabCase } from '../cases.ts'

/** MemTotal/60 of the guest is less: the clamp of the floor decides. */
export const FLOOR_MIB = 192
/** At most that long until the machine is quiet after its start. */
const QUIET_S = 30
/** More than the guest has: the hog never has enough. */
const NO_CAP_MIB = 1_000_000
/** How long Firebreak waits for an answer that nobody gives: the least there is, so that a run is short. */
const ANSWER_S = 3
/** Runs of one case go on from the same saved machine: each begins at another moment of the guard's rhythm. */
const START_DELAYS_S = [0, 0.37, 0.19, 0.08, 0.29]

/** The pinned profile of a case that has one. */
const BESIDE = 'beside'
const MODEL = '/usr/lib/firebreak/lab/model.gguf'

/** Firebreak's settings.json in the guest. */
const settingsOf = (one: Pick<LabCase, 'mayStopForeign'>): string =>
  JSON.stringify({
    version: 2,
    guard: { mode: 'balanced', mayStopForeign: one.mayStopForeign, answerS: ANSWER_S }
  })

/** A profile of the stand-in llama-server; `lab` is what it is to do. */
function profile(id: string, lab: string, pinned: boolean): string {
  return JSON.stringify({
    id,
    label: id,
    kind: 'llamacpp',
    modelPath: MODEL,
    settings: {
      contextTokens: 512,
      port: 0,
      gpuLayers: -1,
      parallelSlots: 1,
      promptCacheMiB: 0,
      contextCheckpoints: 0,
      binary: '/lab/bin/llama-server',
      extraArgs: ['--lab', lab]
    },
    restartOnCrash: false,
    importance: 'normal',
    pinned,
    floorBytes: null
  })
}

/** Of all cases, so that one prepared machine serves many; a profile that nobody starts does nothing. */
function profiles(): readonly (readonly [id: string, text: string])[] {
  return CASES.filter(({ hog }) => hog === 'own').flatMap((one) => {
    const { name, rateMibS, pinnedBesideMib: beside } = one
    const when = beside === null ? 'loading' : 'ready'
    const hog = profile(name, `record=/run/lab/hog.rec,rate=${rateMibS},when=${when}`, false)
    if (beside === null) return [[name, hog] as const]
    const other = profile(BESIDE, `record=/run/lab/other.rec,rate=300,cap=${beside},when=loading`, true)
    return [[name, hog] as const, [BESIDE, other] as const]
  })
}

/** A shell's single quotes around any text. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const textOf = (variables: Readonly<Record<string, string | number>>): readonly string[] =>
  Object.entries(variables).map(([name, value]) => `${name}=${quoted(String(value))}`)

/** A shell function that writes files below the folder it is given. */
const writer = (
  name: string,
  files: readonly (readonly [path: string, text: string])[]
): readonly string[] => [
  `${name}() {`,
  ...files.map(([path, text]) => `  echo ${quoted(text)} >"$1/${path}"`),
  '}',
  ''
]

const settingsFiles = (one: Pick<LabCase, 'mayStopForeign'>): readonly string[] =>
  writer('write_settings', [
    ['settings.json', settingsOf(one)],
    ...profiles().map(([id, text]) => [`profiles/${id}.json`, text] as const)
  ])

/** Has the guest start Firebreak with what the case needs, and nothing more. */
export const prepareFile = (one: LabCase): string =>
  [...textOf({ STAGE: 'prepare' }), ...settingsFiles(one)].join('\n')

/** Has the guest run programs of test/lab/checks, main.ts first. Firebreak is not started, but could be. */
export const checksFile = (files: readonly (readonly [name: string, text: string])[]): string =>
  [
    ...textOf({ STAGE: 'checks' }),
    ...settingsFiles({ mayStopForeign: false }),
    ...writer('write_checks', files)
  ].join('\n')

/** The shell file that tells the guest what to do; guest/driver.sh reads it from the second disk. `run` counts from 0. */
export function caseFile(one: LabCase, guard: GuardName, run: number): string {
  return [
    ...textOf({
      STAGE: 'run',
      CASE: one.name,
      GUARD: guard,
      HOG: one.hog,
      PROFILE: one.hog === 'own' ? one.name : '',
      RATE: one.rateMibS,
      CAP_MIB: NO_CAP_MIB,
      REFUSED: one.refused,
      TERM_ACTION: one.termIgnored ? 'ignore' : 'obey',
      CHILD_HOLDS: one.childHolds ? 1 : 0,
      REST_ABOVE_FLOOR_MIB: one.restAboveFloorMib ?? 0,
      FLOOR_MIB,
      FREE_DELAY_S: one.freeDelayS,
      REFUSE_EVERY: one.refuseEvery,
      BESIDE: one.pinnedBesideMib === null ? '' : BESIDE,
      MISHAP: guard === 'firebreak' ? (one.mishap ?? '') : '',
      MISHAP_AT_S: one.mishapAtS,
      OBSERVE_S: one.observeS,
      AFTER_S: one.afterS,
      QUIET_S,
      START_DELAY_S: START_DELAYS_S[run % START_DELAYS_S.length] ?? 0
    }),
    ''
  ].join('\n')
}
