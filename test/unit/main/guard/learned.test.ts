import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLearned, type Learned } from '../../../../src/main/guard/learned.ts'
import type { Profile, RunnerView } from '../../../../src/shared/model/runner.ts'
import { GIB, profile, runner } from './fixtures.ts'

let dir = ''
const warnings: string[] = []
const logger = {
  info: () => undefined,
  warn: (message: string) => void warnings.push(message),
  error: (message: string) => void warnings.push(message)
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-learned-'))
  warnings.length = 0
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** fixtures: ready at 31 s. */
const LOADING = { atMs: 40_000 }

const rest = (
  learned: Learned,
  fromS: number,
  toS: number,
  availableBytes: number,
  runners: readonly RunnerView[],
  profiles: readonly Profile[],
  isCalm = true
): void => {
  for (let s = fromS; s <= toS; s += 1) {
    learned.note({ monotonicMs: s * 1_000, availableBytes, isCalm, runners, profiles })
  }
}

describe('what the guard learns', () => {
  const profiles = [profile('a'), profile('b')]
  const a = [runner('a', [10])]

  it('is where memory stays with just these models, after a minute of calm', () => {
    const learned = openLearned(dir, logger)
    rest(learned, 0, 59, 5 * GIB, a, profiles)
    expect(learned.restsAtBytes(a, profiles, LOADING)).toBe('unknown')
    rest(learned, 60, 70, 4 * GIB, a, profiles)
    expect(learned.restsAtBytes(a, profiles, LOADING)).toBe(4 * GIB)
    expect(learned.restsAtBytes([...a, runner('b', [11])], profiles, LOADING)).toBe('unknown')
    expect(learned.restsAtBytes([], profiles, LOADING)).toBe('unknown')
    const otherContext = [profile('a', { settings: { ...profile('a').settings, contextTokens: 1 } })]
    expect(learned.restsAtBytes(a, otherContext, LOADING)).toBe('unknown')
  })

  it('counts only while a model loads or has just become ready', () => {
    const learned = openLearned(dir, logger)
    rest(learned, 0, 70, 4 * GIB, a, profiles)
    expect(learned.restsAtBytes(a, profiles, { atMs: 90_000 })).toBe(4 * GIB)
    expect(learned.restsAtBytes(a, profiles, { atMs: 92_000 })).toBe('unknown')
    const loads = [runner('a', [10], { state: 'loading', readyAtMs: null })]
    expect(learned.restsAtBytes(loads, profiles, { atMs: 1e9 })).toBe(4 * GIB)
  })

  it('counts only with the same others of about the same size', () => {
    const learned = openLearned(dir, logger)
    rest(learned, 0, 70, 4 * GIB, a, profiles)
    const with20 = { ...LOADING, foreign: [{ id: 'container:x', bytes: 20 * GIB }] }
    expect(learned.restsAtBytes(a, profiles, with20)).toBe('unknown')
    const small = { ...LOADING, foreign: [{ id: 'process:7:1', bytes: 0.3 * GIB }] }
    expect(learned.restsAtBytes(a, profiles, small)).toBe(4 * GIB)
    for (let s = 71; s < 140; s += 1) {
      const now = { monotonicMs: s * 1_000, availableBytes: 3 * GIB, isCalm: true, runners: a, profiles }
      learned.note({ ...now, foreign: with20.foreign })
    }
    expect(learned.restsAtBytes(a, profiles, with20)).toBe(3 * GIB)
    const grown = { ...LOADING, foreign: [{ id: 'container:x', bytes: 45 * GIB }] }
    expect(learned.restsAtBytes(a, profiles, grown)).toBe('unknown')
  })

  it('does not take a load, trouble or an empty machine for rest', () => {
    const learned = openLearned(dir, logger)
    rest(learned, 0, 200, 5 * GIB, [runner('a', [10], { state: 'loading' })], profiles)
    rest(learned, 201, 400, 5 * GIB, a, profiles, false)
    rest(learned, 401, 600, 5 * GIB, [], profiles)
    expect(learned.restsAtBytes(a, profiles, LOADING)).toBe('unknown')
  })

  it('follows the last run upwards, too: an old low of other programs does not stand for ever', () => {
    const learned = openLearned(dir, logger)
    rest(learned, 0, 70, 2 * GIB, a, profiles)
    rest(learned, 71, 72, 2 * GIB, [], profiles)
    rest(learned, 73, 140, 9 * GIB, a, profiles)
    expect(learned.restsAtBytes(a, profiles, LOADING)).toBe(9 * GIB)
  })

  it('is how long loads and stops take, within bounds', () => {
    const learned = openLearned(dir, logger)
    expect(learned.reloadS('a')).toBe('unknown')
    expect(learned.stopLatencyMs('a')).toBeNull()
    rest(learned, 0, 0, GIB, a, profiles)
    expect(learned.reloadS('a')).toBe(30)
    learned.noteStop('a', 1_234)
    expect(learned.stopLatencyMs('a')).toBe(1_234)
    learned.noteStop('a', 600_000)
    expect(learned.stopLatencyMs('a')).toBe(10_000)
    learned.noteStop('a', Number.NaN)
    expect(learned.stopLatencyMs('a')).toBe(10_000)
    const lastStop = {
      bytesReturned: GIB,
      bytesExpected: GIB,
      seconds: 25,
      left: [],
      memoryIsBack: true,
      text: ''
    }
    rest(learned, 1, 1, GIB, [runner('a', [], { state: 'stopped', lastStop })], profiles)
    expect(learned.stopLatencyMs('a')).toBe(2_000)
  })

  it('survives a restart, for this user’s eyes only, and stays small', () => {
    const learned = openLearned(dir, logger)
    rest(learned, 0, 70, 4 * GIB, a, profiles)
    for (let n = 0; n < 500; n += 1) learned.noteStop(`p${n}`, 1_000)
    learned.dispose()
    const path = join(dir, 'guard-learned.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path).length).toBeLessThan(20_000)
    const again = openLearned(dir, logger)
    expect(again.restsAtBytes(a, profiles, LOADING)).toBe(4 * GIB)
    expect(again.stopLatencyMs('p499')).toBe(1_000)
    expect(again.stopLatencyMs('p0')).toBeNull()
    expect(warnings).toEqual([])
  })

  const broken = ['', 'no json', '[]', 'null', '{"version":9}', '{"version":1,"rests":{"a":"x"},"loadsS":7}']
  it.each(broken)('starts anew from a file that is %j', (text) => {
    writeFileSync(join(dir, 'guard-learned.json'), text)
    const learned = openLearned(dir, logger)
    expect(learned.restsAtBytes(a, profiles, LOADING)).toBe('unknown')
    rest(learned, 0, 70, 4 * GIB, a, profiles)
    learned.dispose()
    expect(openLearned(dir, logger).restsAtBytes(a, profiles, LOADING)).toBe(4 * GIB)
  })

  it('says when it cannot be kept, and goes on', () => {
    const learned = openLearned(join(dir, 'file'), logger)
    writeFileSync(join(dir, 'file'), '')
    learned.noteStop('a', 1_000)
    learned.dispose()
    expect(warnings.join()).toContain('could not be written')
    expect(learned.stopLatencyMs('a')).toBe(1_000)
  })
})
