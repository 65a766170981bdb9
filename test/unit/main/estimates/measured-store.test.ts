import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLaunches } from '../../../../src/main/estimates/measured/launches.ts'
import { runKey } from '../../../../src/main/estimates/measured/run-key.ts'
import { openMeasured } from '../../../../src/main/estimates/measured/store.ts'
import type { LlamaCppProfile, RunnerView } from '../../../../src/shared/model/runner.ts'
import { llamaCppProfile } from '../../../support/llamacpp-profile.ts'

const KEY = 'a'.repeat(32)

let dir: string
let warnings: string[]
const logger = {
  info: () => undefined,
  warn: (message: string) => void warnings.push(message),
  error: (message: string) => void warnings.push(message)
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-measured-'))
  warnings = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const profileOf = (
  more: Partial<LlamaCppProfile['settings']> = {},
  modelPath = '/m/x.gguf'
): LlamaCppProfile => llamaCppProfile(modelPath, more)

describe('the store of what was measured', () => {
  const path = () => join(dir, 'measured.json')

  it('keeps the newest resting size and the highest peak of the last runs, for the user alone', () => {
    const store = openMeasured(path(), logger, 'own')
    expect(store.get(KEY)).toBeNull()
    store.add(KEY, { restingBytes: 10, peakBytes: 30 }, 1, true)
    store.add(KEY, { restingBytes: 12, peakBytes: 20 }, 2, true)
    store.add(KEY, { restingBytes: 13, peakBytes: 20 }, 3, false)
    store.close()
    const expected = { key: KEY, restingBytes: 13, peakBytes: 30, runs: 2, lastAtMs: 3 }
    expect(openMeasured(path(), logger, 'own').get(KEY)).toMatchObject(expected)
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(warnings).toEqual([])
  })

  it('forgets a peak after five more runs, also one that an earlier version kept', () => {
    const old = { key: KEY, restingBytes: 10, peakBytes: 90, runs: 1, lastAtMs: 1 }
    writeFileSync(path(), JSON.stringify({ version: 1, entries: [old] }))
    const store = openMeasured(path(), logger, 'own')
    const peakAfter = (atMs: number): number | undefined => {
      store.add(KEY, { restingBytes: 10, peakBytes: 20 }, atMs, true)
      // More of the same run does not push out another one.
      store.add(KEY, { restingBytes: 10, peakBytes: 21 }, atMs, false)
      return store.get(KEY)?.peakBytes
    }
    expect([2, 3, 4, 5].map(peakAfter)).toEqual([90, 90, 90, 90])
    expect(peakAfter(6)).toBe(21)
    store.close()
  })

  it('is not read where it is longer than any that was written here', () => {
    writeFileSync(path(), ' '.repeat(1_000_001))
    expect(openMeasured(path(), logger, 'own').get(KEY)).toBeNull()
    expect(warnings.join()).toContain('it is too long')
    expect(existsSync(`${path()}.broken`)).toBe(true)
  })

  it('is left as it is by who only looks into it', () => {
    writeFileSync(path(), 'nonsense')
    expect(openMeasured(path(), logger, 'look').get(KEY)).toBeNull()
    expect(warnings.join()).toContain('is left as it is')
    expect(readFileSync(path(), 'utf8')).toBe('nonsense')
    expect(existsSync(`${path()}.broken`)).toBe(false)
  })

  it('forgets what was not used for longest', () => {
    const store = openMeasured(path(), logger, 'own')
    const key = (at: number): string => at.toString(16).padStart(32, '0')
    for (let at = 0; at < 500; at += 1) store.add(key(at), { restingBytes: at, peakBytes: at }, at, true)
    store.add(key(0), { restingBytes: 1, peakBytes: 1 }, 1, true)
    store.add(key(500), { restingBytes: 1, peakBytes: 1 }, 1, true)
    expect(store.get(key(0))).not.toBeNull()
    expect(store.get(key(1))).toBeNull()
    expect(store.get(key(2))).not.toBeNull()
    store.close()
  })

  it.each([
    ['no JSON', 'nonsense'],
    ['another version', '{"version":2,"entries":[]}'],
    [
      'a figure that cannot be',
      `{"version":1,"entries":[{"key":"${KEY}","restingBytes":-1,"peakBytes":1,"runs":1,"lastAtMs":0}]}`
    ],
    [
      'a key of another kind',
      '{"version":1,"entries":[{"key":"../x","restingBytes":1,"peakBytes":1,"runs":1,"lastAtMs":0}]}'
    ]
  ])('keeps a damaged file aside: %s', (_, text) => {
    writeFileSync(path(), text)
    const store = openMeasured(path(), logger, 'own')
    expect(store.get(KEY)).toBeNull()
    expect(readFileSync(`${path()}.broken`, 'utf8')).toBe(text)
    expect(warnings).toHaveLength(1)
    store.add(KEY, { restingBytes: 1, peakBytes: 2 }, 1, true)
    store.close()
    expect(openMeasured(path(), logger, 'own').get(KEY)?.peakBytes).toBe(2)
  })
})

describe('the key of a run', () => {
  it('changes with the model, its settings and the machine, and not with its port', async () => {
    const path = join(dir, 'm.gguf')
    writeFileSync(path, 'one')
    const key = (more: Partial<LlamaCppProfile['settings']> = {}, total = 1) =>
      runKey(profileOf(more, path), total, null)
    const first = await key()
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(await key({ port: 9000 })).toBe(first)
    expect(await key({ contextTokens: 4096 })).not.toBe(first)
    expect(await key({ extraArgs: ['--api-key', 'hunter2'] })).not.toContain('hunter2')
    expect(await key({}, 2)).not.toBe(first)
    utimesSync(path, 1, 1)
    expect(await key()).not.toBe(first)
    rmSync(path)
    expect(await key()).toBeNull()
  })

  it('changes with the build of its program, and with the image of its container', async () => {
    const [model, program] = [join(dir, 'm.gguf'), join(dir, 'llama-server')]
    for (const path of [model, program]) writeFileSync(path, 'one')
    const profile = profileOf({}, model)
    const first = await runKey(profile, 1, program)
    expect(await runKey(profile, 1, program)).toBe(first)
    utimesSync(program, 1, 1)
    expect(await runKey(profile, 1, program)).not.toBe(first)
    const inside = (image: string) =>
      runKey(
        {
          ...profile,
          container: { image, gpus: true, shmMiB: 0, hostIpc: false, mounts: [], env: [] }
        },
        1,
        null
      )
    expect(await inside('llama:1')).not.toBe(await inside('llama:2'))
  })

  it('is none where one run tells nothing of the next: a share of what is free, a router of many models', async () => {
    const served = (kind: 'vllm' | 'sglang' | 'trtllm') =>
      runKey({ ...profileOf(), kind, modelPath: 'owner/name', settings: {} }, 1, null)
    expect(await served('vllm')).not.toBeNull()
    expect(await served('sglang')).toBeNull()
    expect(await served('trtllm')).toBeNull()
    mkdirSync(join(dir, 'models'))
    expect(await runKey(profileOf({}, join(dir, 'models')), 1, null)).toBeNull()
  })
})

describe('who launched a run', () => {
  const after = (...states: readonly RunnerView['state'][]): boolean => {
    const launches = createLaunches()
    for (const state of states) launches.note({ id: 'x', state })
    return launches.isLaunched('x')
  }
  it('is this core where it was seen to start, until it is found running another time', () => {
    expect(after('starting', 'loading', 'ready')).toBe(true)
    expect(after('waiting', 'starting', 'ready', 'stopping', 'stopped')).toBe(true)
    expect(after('loading', 'ready', 'restarting', 'starting', 'ready')).toBe(true)
    expect(after('starting', 'ready', 'stopped', 'loading', 'ready')).toBe(false)
  })

  it('is somebody else where it was found: it is loading from its first moment on', () => {
    expect(after('loading', 'ready', 'ready')).toBe(false)
    expect(after()).toBe(false)
  })
})
