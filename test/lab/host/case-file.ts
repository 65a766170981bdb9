import type { GuardName, LabCase } from '../cases.ts'

/** MemTotal/60 of the guest is less: the clamp of the floor decides. */
export const FLOOR_MIB = 192
/** At most that long until the machine is quiet after its start. */
const QUIET_S = 30
/** More than the guest has: the hog never has enough. */
const NO_CAP_MIB = 1_000_000
/** How long Firebreak waits for an answer that nobody gives; shorter than the default, so that a run is. */
const ANSWER_S = 5

const MODEL = '/usr/lib/firebreak/lab/model.gguf'

/** Firebreak's settings.json in the guest. */
const settingsOf = (one: LabCase): string =>
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

function profilesOf(one: LabCase): ReadonlyMap<string, string> {
  const profiles = new Map<string, string>()
  if (one.hog !== 'own') return profiles
  const beside = one.pinnedBesideMib
  const when = beside === null ? 'loading' : 'ready'
  profiles.set('hog', profile('hog', `record=/run/lab/hog.rec,rate=${one.rateMibS},when=${when}`, false))
  if (beside !== null) {
    profiles.set(
      'beside',
      profile('beside', `record=/run/lab/other.rec,rate=300,cap=${beside},when=loading`, true)
    )
  }
  return profiles
}

/** A shell's single quotes around any text. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The shell file that tells the guest what to do; guest/driver.sh reads it from the second disk. */
export function caseFile(one: LabCase, guard: GuardName): string {
  const variables: Record<string, string | number> = {
    CASE: one.name,
    GUARD: guard,
    HOG: one.hog,
    RATE: one.rateMibS,
    CAP_MIB: NO_CAP_MIB,
    REFUSED: one.refused,
    TERM_ACTION: one.termIgnored ? 'ignore' : 'obey',
    CHILD_HOLDS: one.childHolds ? 1 : 0,
    REST_ABOVE_FLOOR_MIB: one.restAboveFloorMib ?? 0,
    FLOOR_MIB,
    FREE_DELAY_S: one.freeDelayS,
    REFUSE_EVERY: one.refuseEvery,
    BESIDE: one.pinnedBesideMib === null ? '' : 'beside',
    MISHAP: guard === 'firebreak' ? (one.mishap ?? '') : '',
    MISHAP_AT_S: one.mishapAtS,
    OBSERVE_S: one.observeS,
    AFTER_S: one.afterS,
    QUIET_S
  }
  const files = [
    ['settings.json', settingsOf(one)] as const,
    ...[...profilesOf(one)].map(([id, text]) => [`profiles/${id}.json`, text] as const)
  ]
  return [
    ...Object.entries(variables).map(([name, value]) => `${name}=${quoted(String(value))}`),
    'write_settings() {',
    ...files.map(([path, text]) => `  echo ${quoted(text)} >"$1/${path}"`),
    '}',
    ''
  ].join('\n')
}
