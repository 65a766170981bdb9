import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIncidents } from '../../../../src/main/incidents/incidents.ts'
import type { Incidents } from '../../../../src/main/incidents/types.ts'
import {
  CLEAN_END,
  encodeHeader,
  encodeLabel,
  encodeRecord
} from '../../../../src/shared/domain/black-box/encode.ts'
import {
  HEADER,
  HEADER_BYTES,
  LABEL_SLOT_BYTES,
  RECORD_BYTES,
  RECORDS_AT
} from '../../../../src/shared/domain/black-box/layout.ts'
import type { Incident, IncidentPoint } from '../../../../src/shared/model/guard.ts'

const GIB = 1024 ** 3
const THIS_BOOT = '11111111-2222-3333-4444-555555555555'
const LAST_BOOT = '99999999-2222-3333-4444-555555555555'
const SENTINEL = { pid: 77, startTicks: 4242 }
/** 14:02 by the clock on the wall here. */
const END_MS = new Date(2026, 10, 22, 14, 2, 30).getTime()
const NOW_MS = END_MS + 60_000

let dir = ''
let said: string[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-box-'))
  said = []
  mkdirSync(join(dir, 'proc/sys/kernel/random'), { recursive: true })
  writeFileSync(join(dir, 'proc/sys/kernel/random/boot_id'), `${THIS_BOOT}\n`)
})
afterEach(() => {
  for (const one of opened.splice(0)) one.dispose()
  rmSync(dir, { recursive: true, force: true })
})

const boxPath = (): string => join(dir, 'box.bin')
const opened: Incidents[] = []
const open = (nowMs = NOW_MS): Incidents => {
  // A core has ended before the next one begins.
  for (const one of opened.splice(0)) one.dispose()
  const incidents = createIncidents({
    places: { procRoot: join(dir, 'proc'), dataDir: dir },
    clock: { nowMs: () => nowMs, monotonicMs: () => 0 },
    logger: { info: () => undefined, warn: (text) => said.push(text), error: (text) => said.push(text) },
    blackBoxPath: boxPath()
  })
  opened.push(incidents)
  return incidents
}
const told = (incidents: Incidents): Incident | null => {
  const summary = incidents.readBlackBox()
  if (summary === null) return null
  const whole = incidents.get(summary.id)
  return whole.ok ? whole.value : null
}

function writeBox(
  points: readonly IncidentPoint[],
  more: { readonly bootId?: string; readonly clean?: boolean; readonly path?: string } = {}
): void {
  const file = Buffer.alloc(RECORDS_AT + Math.max(1, points.length) * RECORD_BYTES)
  file.set(
    encodeHeader({
      bootId: more.bootId ?? LAST_BOOT,
      capacity: Math.max(1, points.length),
      sentinelPid: SENTINEL.pid,
      sentinelStartTicks: SENTINEL.startTicks,
      openedAtMs: END_MS - 3_600_000
    })
  )
  if (more.clean === true) file.set(CLEAN_END, HEADER.ended)
  const labels = new Map<string, number>()
  points.forEach(({ atMs, availableBytes, holders }, at) => {
    const hashes = holders.map(({ label, bytes }) => {
      const { hash, slot } = encodeLabel(Buffer.from(label))
      if (!labels.has(label)) {
        file.set(slot, HEADER_BYTES + labels.size * LABEL_SLOT_BYTES)
        labels.set(label, hash)
      }
      return { hash, bytes }
    })
    encodeRecord(
      file,
      RECORDS_AT + at * RECORD_BYTES,
      {
        sequence: at + 1,
        atMs,
        monotonicMs: atMs,
        availableBytes,
        memTotalBytes: 121 * GIB,
        stallSomeUs: 'unknown',
        stallFullUs: 0,
        level: 'calm'
      },
      hashes
    )
  })
  writeFileSync(more.path ?? boxPath(), file)
}

/** Ten points a second until the end; vLLM grows from 9 s before it, by `gib` in all. */
const fall = (gib: number, seconds = 60): readonly IncidentPoint[] =>
  Array.from({ length: seconds * 10 }, (_, at) => {
    const leftS = (seconds * 10 - 1 - at) / 10
    const grown = Math.max(0, 1 - leftS / 9) * gib * GIB
    return {
      atMs: END_MS - leftS * 1000,
      availableBytes: 24 * GIB - grown,
      holders: [
        { label: 'Desktop', bytes: 6 * GIB },
        { label: 'vLLM (gpt-oss-120b)', bytes: 60 * GIB + grown }
      ]
    }
  })

describe('the machine went down', () => {
  it('tells when, who grew by how much in which time, and what was left', () => {
    writeBox(fall(23))
    const incident = told(open())
    expect(incident).toMatchObject({
      kind: 'stopped-answering',
      title: 'The machine stopped answering',
      atMs: END_MS,
      runnerId: null,
      text: 'The machine stopped answering at 14:02. vLLM (gpt-oss-120b) grew 23.0 GiB in 9 s. 1.0 GiB were available at last.'
    })
    expect(incident?.curve.at(-1)).toEqual({
      atMs: END_MS,
      availableBytes: GIB,
      holders: [
        { label: 'vLLM (gpt-oss-120b)', bytes: 83 * GIB },
        { label: 'Desktop', bytes: 6 * GIB }
      ]
    })
  })

  it('names the day where it was another', () => {
    writeBox(fall(23))
    expect(told(open(END_MS + 86_400_000))?.text).toContain('on 2026-11-22 at 14:02.')
  })

  it('names memory itself where the core had hung and no holder’s growth is known', () => {
    writeBox(fall(23).map((point) => ({ ...point, holders: [{ label: 'Desktop', bytes: 6 * GIB }] })))
    expect(told(open())?.text).toContain('Available memory fell by 23.0 GiB in 9 s.')
  })

  it('does not blame memory that did not fall', () => {
    writeBox(fall(0))
    expect(told(open())?.text).toContain(
      'Memory did not fall then; 24.0 GiB were available. Power, heat or a driver are likelier causes'
    )
  })

  it('is told once', () => {
    writeBox(fall(23))
    expect(told(open())).not.toBeNull()
    expect(told(open())).toBeNull()
    expect(open().list()).toHaveLength(1)
    expect(existsSync(boxPath())).toBe(false)
    expect(readdirSync(dir)).toContain('box.bin.read')
  })

  it('keeps the end in full and the time before in seconds', () => {
    writeBox(fall(23, 600))
    const times = told(open())?.curve.map(({ atMs }) => atMs - END_MS) ?? []
    expect(times[0]).toBeGreaterThanOrEqual(-300_000)
    expect(times[0]).toBeLessThan(-298_000)
    expect(times.filter((ms) => ms > -30_000)).toHaveLength(300)
    expect(times.length).toBeLessThanOrEqual(600)
    for (const [at, ms] of times.entries()) expect(ms - (times[at - 1] ?? ms)).toBeLessThanOrEqual(1_000)
  })

  it('is found too where a new sentinel has put it aside', () => {
    writeBox(fall(23), { path: `${boxPath()}.previous` })
    writeBox([], { bootId: THIS_BOOT, clean: true })
    expect(told(open())?.kind).toBe('stopped-answering')
    expect(told(open())).toBeNull()
    expect(existsSync(boxPath())).toBe(true)
  })
})

describe('core and sentinel ended, the machine went on', () => {
  it('is told when memory fell in the last minute', () => {
    writeBox(fall(23), { bootId: THIS_BOOT })
    expect(told(open())).toMatchObject({
      kind: 'guard-died',
      title: 'The guard was ended',
      text: expect.stringMatching(
        /^Firebreak's core and its sentinel ended at 14:02 without an orderly end\. vLLM \(gpt-oss-120b\) grew 23\.0 GiB in 9 s\. 1\.0 GiB/
      )
    })
  })

  it('is told when memory was low, though it did not fall', () => {
    writeBox(
      fall(0).map((point) => ({ ...point, availableBytes: 2 * GIB })),
      { bootId: THIS_BOOT }
    )
    expect(told(open())?.kind).toBe('guard-died')
  })

  it('is not told otherwise, now or later', () => {
    writeBox(fall(0), { bootId: THIS_BOOT })
    expect(told(open())).toBeNull()
    expect(open().list()).toEqual([])
    expect(existsSync(boxPath())).toBe(false)
  })

  it('is not told while its sentinel lives and goes on writing', () => {
    writeBox(fall(23), { bootId: THIS_BOOT })
    mkdirSync(join(dir, `proc/${SENTINEL.pid}`))
    const stat = (state: string, ticks: number): void =>
      writeFileSync(
        join(dir, `proc/${SENTINEL.pid}/stat`),
        `${SENTINEL.pid} (node (a) b) ${state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 ${ticks} 20 21\n`
      )
    stat('S', SENTINEL.startTicks)
    expect(told(open())).toBeNull()
    expect(existsSync(boxPath())).toBe(true)
    // A zombie writes no more.
    stat('Z', SENTINEL.startTicks)
    expect(told(open())?.kind).toBe('guard-died')
    // Another process of that pid is another process.
    writeBox(fall(22), { bootId: THIS_BOOT })
    stat('S', SENTINEL.startTicks + 1)
    expect(told(open())?.kind).toBe('guard-died')
  })
})

describe('nothing to tell', () => {
  it('without a box, after a clean end, of an empty one, and of what is no box', () => {
    expect(told(open())).toBeNull()
    writeBox(fall(23), { clean: true })
    expect(told(open())).toBeNull()
    writeBox([])
    expect(told(open())).toBeNull()
    writeFileSync(boxPath(), 'not a box')
    expect(told(open())).toBeNull()
    rmSync(boxPath())
    mkdirSync(boxPath())
    expect(told(open())).toBeNull()
    expect(said.join()).toContain('cannot be read')
  })
})
