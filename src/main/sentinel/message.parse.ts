import type { GuardPolicy } from '../../shared/model/guard.ts'
import type { Reading } from '../../shared/model/reading.ts'
import type { GuardMode } from '../../shared/model/status.ts'
import type { ArmedProcess, ArmedVictim, Holder, OpenAct, ToSentinel, Watch } from './protocol.ts'

// Parsed by hand: a schema library would be a third of this process's memory.

const MODES: ReadonlySet<unknown> = new Set<GuardMode>([
  'off',
  'observe',
  'relaxed',
  'balanced',
  'strict',
  'custom'
])
const CHOICES: ReadonlySet<unknown> = new Set(['stop', 'continue', 'keep-frozen'])
/** Bounds far beyond any machine's, so that a broken core cannot make this process large. */
const MAX_WATCHES = 8
const MAX_VICTIMS = 128
const MAX_PROCESSES = 4096
const MAX_HOLDERS = 64
const MAX_NAMES = 1024
const MAX_TEXT = 512
const MAX_PID = 2 ** 22

type Fields = Readonly<Record<string, unknown>>

/** Ends a parse; caught where it began. */
class Malformed extends Error {}

function fail(): never {
  throw new Malformed()
}
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const fields = (value: unknown): Fields => (isFields(value) ? value : fail())
const text = (value: unknown): string =>
  typeof value === 'string' && value.length <= MAX_TEXT ? value : fail()
const textOrNull = (value: unknown): string | null => (value === null ? null : text(value))
const amount = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : fail()
const amountOrNull = (value: unknown): number | null => (value === null ? null : amount(value))
const reading = (value: unknown): Reading =>
  value === 'unknown' || value === 'not-supported' ? value : amount(value)
const pid = (value: unknown): number =>
  Number.isInteger(value) && amount(value) <= MAX_PID ? amount(value) : fail()

function list<T>(value: unknown, most: number, item: (value: unknown) => T): readonly T[] {
  return Array.isArray(value) && value.length <= most ? value.map(item) : fail()
}

function processOf(value: unknown): ArmedProcess {
  const raw = fields(value)
  return { pid: pid(raw['pid']), startTicks: amount(raw['startTicks']) }
}

/** An absolute path without a way up. */
function cgroupDir(value: unknown): string | null {
  const dir = textOrNull(value)
  if (dir === null) return null
  return dir.startsWith('/') && !dir.split('/').includes('..') ? dir : fail()
}

function victimOf(value: unknown): ArmedVictim {
  const raw = fields(value)
  return {
    id: text(raw['id']),
    label: text(raw['label']),
    bytes: amount(raw['bytes']),
    stopLatencyMs: amount(raw['stopLatencyMs']),
    graceMs: amount(raw['graceMs']),
    shrinkableBytes: amount(raw['shrinkableBytes']),
    processes: list(raw['processes'], MAX_PROCESSES, processOf),
    groupLeaders: list(raw['groupLeaders'], MAX_PROCESSES, processOf),
    cgroupDir: cgroupDir(raw['cgroupDir'])
  }
}

/** One that is not understood, or the last of too many, must not cost the others their guard. */
function victimsOf(value: unknown): readonly ArmedVictim[] {
  if (!Array.isArray(value)) return fail()
  const victims: ArmedVictim[] = []
  for (const raw of value.slice(0, MAX_VICTIMS)) {
    try {
      victims.push(victimOf(raw))
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
    }
  }
  return victims
}

const isMode = (value: unknown): value is GuardMode => MODES.has(value)

function policyOf(value: unknown): GuardPolicy {
  const raw = fields(value)
  const mode = raw['mode']
  return {
    mode: isMode(mode) ? mode : fail(),
    reserveBytes: amount(raw['reserveBytes']),
    floorBytes: amount(raw['floorBytes']),
    restsAtBytes: reading(raw['restsAtBytes']),
    answerMs: amountOrNull(raw['answerMs'])
  }
}

const STAGES: ReadonlySet<unknown> = new Set<OpenAct['stage']>(['frozen', 'ending', 'killed', 'pause'])
const isStage = (value: unknown): value is OpenAct['stage'] => STAGES.has(value)

function openOf(value: unknown): OpenAct {
  const raw = fields(value)
  const stage = raw['stage']
  return {
    victimId: text(raw['victimId']),
    label: text(raw['label']),
    bytes: amount(raw['bytes']),
    stage: isStage(stage) ? stage : fail(),
    sinceMs: amount(raw['sinceMs']),
    availableBytes: amount(raw['availableBytes'])
  }
}

function watchOf(value: unknown): Watch {
  const raw = fields(value)
  const names = raw['protectedNames']
  return {
    ...(raw['open'] === undefined ? {} : { open: openOf(raw['open']) }),
    ...(raw['keepsOthers'] === true ? { keepsOthers: true } : {}),
    ...(names === undefined ? {} : { protectedNames: list(names, MAX_NAMES, text) }),
    id: text(raw['id']),
    policy: policyOf(raw['policy']),
    victims: victimsOf(raw['victims'])
  }
}

function holderOf(value: unknown): Holder {
  const raw = fields(value)
  return { label: text(raw['label']), bytes: amount(raw['bytes']) }
}

type Choice = Extract<ToSentinel, { type: 'answer' }>['choice']
const isChoice = (value: unknown): value is Choice => CHOICES.has(value)

function messageOf(value: unknown): ToSentinel {
  const raw = fields(value)
  switch (raw['type']) {
    case 'hello':
      return {
        type: 'hello',
        protocol: amount(raw['protocol']),
        ...processOf(raw),
        blackBoxPath: textOrNull(raw['blackBoxPath'])
      }
    case 'arm': {
      const watches = list(raw['watches'], MAX_WATCHES, watchOf)
      const ids = new Set(watches.map((watch) => watch.id))
      if (ids.size !== watches.length) return fail()
      return {
        type: 'arm',
        sequence: amount(raw['sequence']),
        watches,
        holders: list(raw['holders'], MAX_HOLDERS, holderOf)
      }
    }
    case 'answer': {
      const choice = raw['choice']
      return {
        type: 'answer',
        watchId: text(raw['watchId']),
        victimId: text(raw['victimId']),
        choice: isChoice(choice) ? choice : fail()
      }
    }
    case 'ack':
      return { type: 'ack', sequence: amount(raw['sequence']) }
    case 'bye':
      return { type: 'bye' }
    default:
      return fail()
  }
}

/** One line from the core; null when it is no message of this protocol. */
export function parseToSentinel(line: string): ToSentinel | null {
  try {
    return messageOf(JSON.parse(line))
  } catch {
    return null
  }
}
