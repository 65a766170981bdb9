import { kernelKills, type LabEvent, type RunLog } from './log.ts'

/** What one run showed. Times in s after the hog's start. */
export interface RunScore {
  readonly desktopSurvived: boolean
  readonly protectedSurvived: boolean
  /** By the guard: ended or frozen, and not by the kernel's choice. */
  readonly hogStopped: boolean
  readonly hogKilledByKernel: boolean
  /** Names of others that died or were frozen. */
  readonly wrongVictims: readonly string[]
  /** The longest the desktop stood still from the hog's start on. */
  readonly worstStallMs: number
  /** The first time anybody was frozen or ended by the guard; null: never. */
  readonly actedAtS: number | null
  /** The hog's end, whoever ended it; null: it lives. */
  readonly hogEndedAtS: number | null
  readonly minAvailableMib: number
}

const HOG = 'hog'
const DESKTOP = 'desktop'
/** Firebreak's own processes. */
const OWN = /^firebreak-/
/** They end or stop by what the case does to them, and are replaced. */
const OWN_MISHAPS: Readonly<Record<string, readonly string[]>> = {
  'stop-core': ['firebreak-headless', 'firebreak-gpu-probe'],
  'kill-core': ['firebreak-headless', 'firebreak-gpu-probe'],
  'hang-probe': ['firebreak-gpu-probe']
}

/** Judges a run from the guest's own records; null where it has no hog or no desktop to judge. */
export function scoreRun(log: RunLog): RunScore | null {
  const desktop = log.records.get(DESKTOP)
  const hog = log.records.get(HOG)
  if (desktop === undefined || hog === undefined || log.samples.length === 0) return null
  const startUs = hog.start_us
  const sinceStartS = (us: number): number => Math.round((us - startUs) / 10_000) / 100
  const kernelPids = new Set(kernelKills(log).map(({ pid }) => pid))
  const excused = new Set(
    log.events.filter(({ event }) => event === 'mark').flatMap(({ name }) => OWN_MISHAPS[name] ?? [])
  )
  const after = log.events.filter(({ us }) => us >= startUs)
  const harmed = after.filter(({ event }) => event === 'died' || event === 'frozen')
  const others = harmed.filter(({ name }) => name !== HOG && !excused.has(name))
  const died = (name: string): LabEvent | undefined =>
    after.find((event) => event.event === 'died' && event.name === name)
  const hogPids = new Set(
    log.events.filter(({ event, name }) => event === 'watched' && name === HOG).map(({ pid }) => pid)
  )
  const hogDeaths = after.filter(({ event, name }) => event === 'died' && name === HOG)
  const hogIsGone = hogPids.size > 0 && hogDeaths.length >= hogPids.size
  const hogKilledByKernel = hogDeaths.some(({ pid }) => kernelPids.has(pid))
  const lastOfHog = after.findLast(
    ({ name, event }) => name === HOG && event !== 'watched' && event !== 'busy'
  )
  const firstAct = harmed.find(
    ({ pid, name }) => !kernelPids.has(pid) && !excused.has(name) && !OWN.test(name)
  )
  const samples = log.samples.filter(({ us }) => us >= startUs)
  return {
    desktopSurvived: died(DESKTOP) === undefined,
    protectedSurvived: !others.some(({ event, name }) => event === 'died' && !OWN.test(name)),
    hogStopped: !hogKilledByKernel && (hogIsGone || lastOfHog?.event === 'frozen'),
    hogKilledByKernel,
    wrongVictims: [...new Set(others.map(({ name }) => name))],
    worstStallMs: worstStallMs(log, startUs, died(DESKTOP)),
    actedAtS: firstAct === undefined ? null : sinceStartS(firstAct.us),
    hogEndedAtS: hogIsGone ? sinceStartS(hogDeaths.at(-1)?.us ?? startUs) : null,
    minAvailableMib: Math.floor(Math.min(...samples.map(({ available_kb }) => available_kb)) / 1024)
  }
}

/** Of the ticks from the hog's start on, and of the tick that never came when the desktop died or the run ended. */
function worstStallMs(log: RunLog, startUs: number, death: LabEvent | undefined): number {
  const desktop = log.records.get(DESKTOP)
  if (desktop === undefined) return 0
  const first = Math.max(0, Math.floor((startUs - desktop.start_us) / 1e6))
  const open = death === undefined ? desktop.open_us : death.us - desktop.beat_us
  return Math.round(Math.max(0, open, ...desktop.late_us.slice(first)) / 100) / 10
}
