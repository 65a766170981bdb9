/** Something that happened to a process that was watched, or to the run. Times in µs of the guest's clock. */
export interface LabEvent {
  readonly us: number
  readonly event: 'watched' | 'died' | 'frozen' | 'thawed' | 'mark' | 'busy'
  readonly name: string
  readonly pid: number
  /** busy: for how long its main thread had the processor since the last sample. */
  readonly ms?: number
}

export interface LabSample {
  readonly us: number
  readonly available_kb: number
  readonly free_kb: number
  /** -1: unknown. */
  readonly gpu_kb: number
  /** PSI memory, full. */
  readonly full_us: number
}

/** What an actor left behind; see actors/record.h. */
export interface ActorRecord {
  readonly pid: number
  readonly alive: boolean
  readonly start_us: number
  readonly beat_us: number
  /** Since its last tick, if it is alive. */
  readonly open_us: number
  readonly held_bytes: number
  readonly refused: number
  /** Worst lateness of each second since start_us. */
  readonly late_us: readonly number[]
}

/** All that a guest told of one run. */
export interface RunLog {
  readonly events: readonly LabEvent[]
  readonly samples: readonly LabSample[]
  readonly records: ReadonlyMap<string, ActorRecord>
  /** The last line of each '@name text'. */
  readonly told: ReadonlyMap<string, string>
  readonly blocks: ReadonlyMap<string, readonly string[]>
}

export type ParsedLog =
  | { readonly ok: true; readonly log: RunLog }
  /** The run says nothing: it did not come to its end. */
  | { readonly ok: false; readonly why: string }

const RECORD = 'record:'

/** Reads what a guest wrote on its console. */
export function parseLog(text: string): ParsedLog {
  const told = new Map<string, string>()
  const blocks = new Map<string, string[]>()
  let block: string[] | null = null
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '')
    const [, begin] = /^@BEGIN (\S+)/.exec(line) ?? []
    if (begin !== undefined) {
      block = blocks.get(begin) ?? []
      blocks.set(begin, block)
    } else if (line.startsWith('@END ')) block = null
    else if (block !== null) {
      if (line !== '') block.push(line)
    } else {
      const [, name, rest] = /^@(\S+) ?(.*)$/.exec(line) ?? []
      if (name !== undefined) told.set(name, rest ?? '')
    }
  }
  const isVoid = told.get('void')
  if (isVoid !== undefined) return { ok: false, why: isVoid }
  if (!told.has('done')) return { ok: false, why: 'the guest did not come to its end' }
  const records = new Map<string, ActorRecord>()
  for (const [name, json] of told) {
    if (!name.startsWith(RECORD)) continue
    const record = parseJson(json) as ActorRecord | null
    if (record !== null) records.set(name.slice(RECORD.length), record)
  }
  const watched = (blocks.get('watch') ?? []).map(parseJson).filter((line) => line !== null)
  return {
    ok: true,
    log: {
      events: watched.filter((line): line is LabEvent => 'event' in line),
      samples: watched.filter((line): line is LabSample => 'available_kb' in line),
      records,
      told,
      blocks
    }
  }
}

/** null for a line that another writer's words went through. */
function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

export interface KernelKill {
  readonly us: number
  readonly pid: number
  readonly name: string
}

/** Whom the kernel chose, from its own words. */
export const kernelKills = (log: RunLog): readonly KernelKill[] =>
  (log.blocks.get('kernel') ?? []).flatMap((line) => {
    const match = /^\[\s*([\d.]+)\].*(?:Out of memory|out of memory): Killed process (\d+) \(([^)]*)\)/.exec(
      line
    )
    if (match === null) return []
    return [{ us: Number(match[1]) * 1e6, pid: Number(match[2]), name: match[3] ?? '' }]
  })
