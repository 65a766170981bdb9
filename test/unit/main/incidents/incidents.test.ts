import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIncidents } from '../../../../src/main/incidents/incidents.ts'
import type { Incidents } from '../../../../src/main/incidents/types.ts'
import type {
  GuardEvent,
  Incident,
  IncidentPoint,
  IncidentSummary
} from '../../../../src/shared/model/guard.ts'
import { sampleIncident } from '../../../support/fake-guard.ts'
import { until } from '../../../support/until.ts'

const GIB = 1024 ** 3
const START_MS = 1_790_000_000_000

let dir = ''
let said: string[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-incidents-'))
  said = []
})
afterEach(() => {
  for (const one of opened.splice(0)) one.dispose()
  rmSync(dir, { recursive: true, force: true })
})

const opened: Incidents[] = []
const open = (): Incidents => {
  // A core has ended before the next one begins.
  for (const one of opened.splice(0)) one.dispose()
  const incidents = createIncidents({
    places: { procRoot: '/proc', dataDir: dir },
    clock: { nowMs: () => START_MS, monotonicMs: () => 0 },
    logger: {
      info: () => undefined,
      warn: (text) => said.push(text),
      error: (text) => said.push(text)
    },
    blackBoxPath: join(dir, 'box')
  })
  opened.push(incidents)
  return incidents
}
const folder = (): string => join(dir, 'incidents')
const files = (): readonly string[] => (existsSync(folder()) ? readdirSync(folder()) : [])

let sequence = 0
const event = (kind: GuardEvent['kind'], atS: number, more: Partial<GuardEvent> = {}): GuardEvent => {
  sequence += 1
  return {
    sequence,
    atMs: START_MS + atS * 1000,
    monotonicMs: 5000 + atS * 1000,
    watchId: 'main',
    kind,
    victimId: 'comfyui',
    label: 'comfyui',
    reasons: ['Falling memory is about to pass the floor.'],
    availableBytes: 3 * GIB,
    floorBytes: 2 * GIB,
    secondsToEmpty: 1,
    bytes: 34.1 * GIB,
    ...more
  }
}
/** One point per second around the start. */
const curve = (fromS: number, toS: number): readonly IncidentPoint[] =>
  Array.from({ length: toS - fromS }, (_, at) => ({
    atMs: START_MS + (fromS + at) * 1000,
    availableBytes: (40 - at / 100) * GIB,
    holders: Array.from({ length: 9 }, (_one, rank) => ({ label: `holder ${rank}`, bytes: rank * GIB }))
  }))
const give = (incidents: Incidents, ...events: readonly GuardEvent[]): void => {
  for (const one of events) incidents.onGuardEvent(one, () => curve(-10, 3))
}
const whole = (incidents: Incidents, id: string | undefined): Incident => {
  const got = incidents.get(id ?? '')
  if (!got.ok) throw new Error(got.error.message)
  return got.value
}

describe('one act is one incident', () => {
  it('from the warning to the proof, told in plain words', () => {
    const incidents = open()
    const told: IncidentSummary[] = []
    incidents.onChange((one) => told.push(one))
    give(
      incidents,
      event('warn', -3),
      event('freeze', 0, { reasons: ['comfyui is frozen: it takes no more memory.', 'Memory is falling.'] }),
      event('terminate', 15),
      event('gone', 16),
      event('memory-back', 17.3, { bytes: 34.1 * GIB })
    )
    const [one, ...others] = incidents.list()
    expect(others).toEqual([])
    expect(one).toMatchObject({
      kind: 'acted',
      title: 'Stopped comfyui',
      runnerId: 'comfyui',
      atMs: START_MS
    })
    expect(one?.text).toMatch(
      /^Stopped comfyui\. 34\.1 GiB came back in 2\.3 s\. Why: Memory is falling\. If it happens again/
    )
    expect(whole(incidents, one?.id).events.map(({ kind }) => kind)).toEqual([
      'warn',
      'freeze',
      'terminate',
      'gone',
      'memory-back'
    ])
    // Told anew with each event, the newest words last.
    expect(told.map(({ title }) => title)).toEqual([
      'Paused comfyui',
      'Stopped comfyui',
      'Stopped comfyui',
      'Stopped comfyui'
    ])
    expect(told.at(-1)).toEqual(one)
  })

  it('is on disk soon after its first event, for its owner alone', async () => {
    give(open(), event('freeze', 0))
    const [name = ''] = await until('the file', () => {
      const found = files().filter((one) => one.endsWith('.json'))
      return found.length > 0 && found
    })
    expect(statSync(join(folder(), name)).mode & 0o777).toBe(0o600)
    const left = open()
    expect(left.list()).toMatchObject([{ title: 'Paused comfyui' }])
    // The next core goes on with it, and what the sentinel tells again counts once.
    give(left, event('kill', 2), event('gone', 2.1))
    const again = whole(left, left.list()[0]?.id)
    expect(again.title).toBe('Stopped comfyui')
    const repeated = again.events[0]
    if (repeated === undefined) throw new Error('it has no events')
    give(open(), repeated)
    expect(open().list()).toHaveLength(1)
    expect(whole(open(), again.id).events).toHaveLength(3)
  })

  it('is written once for events that come together, wholly when it is closed, and each read once at most', async () => {
    const incidents = open()
    give(incidents, event('freeze', 0), event('kill', 0.1), event('gone', 0.2))
    const [name = ''] = await until('the file', () => {
      const found = files().filter((one) => one.endsWith('.json'))
      return found.length > 0 && found
    })
    const path = join(folder(), name)
    const first = readFileSync(path, 'utf8')
    expect(first).toContain('"freeze"')
    // What is on disk is not looked at again: each event would otherwise read and parse all of them.
    writeFileSync(path, 'not an incident')
    give(incidents, event('memory-back', 0.3))
    expect(whole(incidents, incidents.list()[0]?.id).events).toHaveLength(4)
    incidents.dispose()
    expect(readFileSync(path, 'utf8')).toContain('"memory-back"')
    expect(files().filter((one) => one.endsWith('.tmp'))).toEqual([])
    expect(said).toEqual([])
  })

  it('ends with the end of its victim, also without a stop, and with time: no act lands in an old one', () => {
    const DAY_S = 86_400
    const incidents = open()
    give(incidents, event('freeze', 0), event('gone', 5))
    give(incidents, event('freeze', 60), event('kill', 61))
    give(incidents, event('freeze', 662), event('terminate', 4_000), event('memory-back', 4_002))
    give(incidents, event('freeze', 5_000), event('kill', 7 * DAY_S))
    expect(incidents.list().map(({ title, atMs }) => [title, (atMs - START_MS) / 1_000])).toEqual([
      ['Stopped comfyui', 7 * DAY_S],
      ['Paused comfyui', 5_000],
      ['Stopped comfyui', 662],
      ['Stopped comfyui', 60],
      ['Paused comfyui', 0]
    ])
    // Nor after a new start.
    give(open(), event('freeze', 14 * DAY_S))
    expect(open().list()).toHaveLength(6)
  })

  it('is known by its victim, the newest', () => {
    const incidents = open()
    expect(incidents.ofVictim('comfyui')).toBeNull()
    give(incidents, event('freeze', 0), event('thaw', 1), event('would', 2, { victimId: 'b' }))
    expect(incidents.ofVictim('comfyui')).toBe(incidents.list()[1]?.id)
    expect(incidents.ofVictim('b')).toBe(incidents.list()[0]?.id)
    give(incidents, event('kill', 30), event('memory-back', 31))
    expect(incidents.list()[0]?.id).toBe(incidents.ofVictim('comfyui'))
  })

  it('says so when memory stays away, when nobody could be stopped, and when it was let go on', () => {
    const incidents = open()
    give(incidents, event('kill', 0), event('gone', 1), event('memory-missing', 30, { bytes: 2 * GIB }))
    give(
      incidents,
      event('failed', 100, { victimId: 'container:ab', label: 'vLLM', reasons: ['It is root’s'] })
    )
    give(incidents, event('freeze', 200), event('thaw', 205))
    expect(incidents.list().map(({ title, text, runnerId }) => [title, text, runnerId])).toEqual([
      ['Paused comfyui and let it go on', expect.stringMatching(/go on\. Why: /), 'comfyui'],
      [
        'Could not stop vLLM',
        'Could not stop vLLM. It is root’s. Stop it yourself, or close something else.',
        null
      ],
      ['Stopped comfyui', expect.stringContaining('Only 2.0 of 34.1 GiB came back in 30.0 s.'), 'comfyui']
    ])
  })

  it('two victims are two; a new act on the same one after its proof is another', () => {
    const incidents = open()
    give(incidents, event('kill', 0), event('kill', 1, { victimId: 'b', label: 'b' }))
    give(incidents, event('gone', 2), event('memory-back', 2), event('freeze', 40))
    expect(incidents.list().map(({ title }) => title)).toEqual([
      'Paused comfyui',
      'Stopped b',
      'Stopped comfyui'
    ])
  })

  it('a thaw that lets the signal through ends nothing', () => {
    const incidents = open()
    give(incidents, event('freeze', 0), event('terminate', 1), event('thaw', 1), event('memory-back', 2))
    expect(incidents.list()).toHaveLength(1)
    expect(incidents.list()[0]?.text).toContain('came back in 1.0 s')
  })

  it('never the drill’s, nor a warning alone, nor a proof of what the user stopped', () => {
    const incidents = open()
    const drill = { watchId: 'drill', victimId: 'drill-1' }
    give(incidents, event('freeze', 0, drill), event('kill', 1, drill), event('memory-back', 2, drill))
    give(incidents, event('warn', 3), event('gone', 4), event('memory-back', 5))
    expect(incidents.list()).toEqual([])
    expect(files()).toEqual([])
  })

  it('keeps a bounded curve around the act with few holders', () => {
    const incidents = open()
    incidents.onGuardEvent(event('freeze', 0), () => curve(-900, 1))
    incidents.onGuardEvent(event('terminate', 3000), () => curve(2000, 3001))
    incidents.onGuardEvent(event('memory-back', 3002), () => curve(2100, 3003))
    const points = whole(incidents, incidents.list()[0]?.id).curve.map(({ atMs }) => (atMs - START_MS) / 1000)
    expect(points[0]).toBe(-180)
    expect(points).toContain(0)
    expect(points.at(-1)).toBe(3002)
    expect(points.length).toBeLessThanOrEqual(300)
    const [first] = whole(incidents, incidents.list()[0]?.id).curve
    expect(first?.holders.map(({ label }) => label)).toEqual(
      [8, 7, 6, 5, 4, 3].map((rank) => `holder ${rank}`)
    )
  })
})

describe('observe mode', () => {
  it('tells what would have been done, at most once in five minutes', () => {
    const incidents = open()
    give(incidents, event('would', 0), event('would', 299), event('would', 300))
    expect(incidents.list()).toMatchObject([
      { kind: 'would-have-acted', title: 'Would have stopped comfyui', runnerId: null },
      { kind: 'would-have-acted' }
    ])
    expect(incidents.list()[0]?.text).toContain('it would have stopped comfyui, which holds 34.1 GiB.')
    // An act in between does not make the next one sooner.
    give(incidents, event('kill', 400), event('would', 500))
    expect(incidents.list().filter(({ kind }) => kind === 'would-have-acted')).toHaveLength(2)
  })
})

describe('the act that observe mode left undone', () => {
  it.each([
    ['Would freeze comfyui.', 'paused'],
    ['Would terminate comfyui.', 'stopped'],
    ['Would kill comfyui.', 'stopped']
  ])('%s is told as: %s', (reason, act) => {
    const incidents = open()
    give(incidents, event('would', 0, { reasons: [reason, 'Memory is falling.'] }))
    expect(incidents.list()[0]).toMatchObject({
      title: `Would have ${act} comfyui`,
      text: expect.stringMatching(
        new RegExp(
          `^The guard only observes: it would have ${act} comfyui, which .* Why: Memory is falling\\. To`
        )
      )
    })
  })
})

describe('what is kept', () => {
  it('is 200 at most, the oldest go', () => {
    mkdirSync(folder(), { recursive: true })
    for (let at = 0; at < 199; at += 1) {
      const id = `acted-${at}`
      writeFileSync(join(folder(), `${id}.json`), JSON.stringify({ ...sampleIncident, id, atMs: at }))
    }
    const incidents = open()
    give(
      incidents,
      event('kill', 0),
      event('kill', 1, { victimId: 'b' }),
      event('kill', 2, { victimId: 'c' })
    )
    incidents.dispose()
    expect(incidents.list()).toHaveLength(200)
    expect(files()).toHaveLength(200)
    expect(incidents.list().at(-1)?.id).toBe('acted-2')
    expect(incidents.list()[0]?.atMs).toBe(START_MS + 2000)
    expect(open().list()).toHaveLength(200)
  })

  it('survives broken files: kept aside, told once', () => {
    mkdirSync(folder(), { recursive: true })
    writeFileSync(join(folder(), `${sampleIncident.id}.json`), JSON.stringify(sampleIncident))
    writeFileSync(join(folder(), 'torn.json'), '{"id":')
    writeFileSync(join(folder(), 'other.json'), '{"id":"other"}')
    writeFileSync(join(folder(), 'renamed.json'), JSON.stringify(sampleIncident))
    const incidents = open()
    expect(incidents.list()).toHaveLength(1)
    incidents.list()
    expect(said).toHaveLength(1)
    for (const name of ['torn', 'other', 'renamed']) {
      expect(said[0]).toContain(`${name}.json`)
      expect(files()).toContain(`${name}.json.broken-1`)
    }
    expect(open().list()).toHaveLength(1)
    expect(said).toHaveLength(1)
  })

  it('gives one by its id, and never another file', () => {
    mkdirSync(folder(), { recursive: true })
    writeFileSync(join(dir, 'secret.json'), JSON.stringify({ ...sampleIncident, id: 'secret' }))
    const incidents = open()
    give(incidents, event('kill', 0))
    for (const id of ['nothing', '../secret', '/etc/passwd', '']) {
      const got = incidents.get(id)
      expect(got.ok ? 'found' : got.error.code).toBe('not-found')
    }
  })

  it('still tells of one that could not be written', async () => {
    writeFileSync(folder(), 'a file where the folder should be')
    const incidents = open()
    give(incidents, event('kill', 0))
    expect(whole(incidents, incidents.list()[0]?.id).title).toBe('Stopped comfyui')
    await until('the words of it', () => said.join().includes('could not be written'))
    expect(whole(incidents, incidents.list()[0]?.id).title).toBe('Stopped comfyui')
    rmSync(folder())
    give(incidents, event('gone', 1))
    incidents.dispose()
    expect(files()).toHaveLength(1)
    expect(readFileSync(join(folder(), files()[0] ?? ''), 'utf8')).toContain('gone')
  })
})
